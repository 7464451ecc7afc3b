"""What a history says of files, apart from what is in them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FileChange:
    path: str  # relative to the codebase's root; the last name of a file that was renamed
    added: int = 0  # lines
    removed: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """One commit, as far as it changed source files."""

    sha: str
    author: str
    email: str
    at: datetime
    files: tuple[FileChange, ...]

    @property
    def paths(self) -> set[str]:
        return {file.path for file in self.files}
