"""What graph_sitter asks of a repository, answered from a plain folder: no git, no writes."""

from collections.abc import Iterator, Sequence
from pathlib import Path


class FolderOperator:
    """Stands where graph_sitter puts a RepoOperator, which runs `git init` and edits the
    repository's configuration."""

    codeowners_parser = None
    base_url = None
    head_commit = None

    def __init__(self, root: Path, paths: Sequence[str]) -> None:
        self.repo_name = root.name
        self.repo_path = str(root)
        self.base_dir = str(root.parent)
        self._paths = tuple(paths)

    def iter_files(
        self,
        subdirs: Sequence[str] | None = None,
        extensions: Sequence[str] | None = None,
        ignore_list: Sequence[str] | None = None,
        skip_content: bool = False,
    ) -> Iterator[tuple[str, str]]:
        """Paths only; contents are read by path later on. What to leave out was decided before."""
        if extensions is None:
            yield from ((path, "") for path in self._everything())
        else:
            yield from ((p, "") for p in self._paths if p.endswith(tuple(extensions)))

    def _everything(self) -> Iterator[str]:
        root = Path(self.repo_path)
        files = (place for place in sorted(root.rglob("*")) if place.is_file())
        return (place.relative_to(root).as_posix() for place in files)
