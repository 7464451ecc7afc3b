"""Which files of a tree are looked at."""

import re
from dataclasses import dataclass, field
from functools import cached_property

from graph_sitter_db.languages import family_of
from graph_sitter_db.model.globs import any_of

# Generated, installed or vendored by machines. The first six are graph-sitter's own list, without
# its entries for single well-known files; the rest are environments and caches, which it would
# parse when committed.
DEFAULT_EXCLUDE = (
    ".git",
    "node_modules",
    ".yarn/releases",
    "*/compiled/*",
    "*.min.js",
    "*@*.js",
    ".venv",
    ".tox",
    ".nox",
    ".eggs",
    ".hg",
    ".svn",
    "__pycache__",
    "site-packages",
)

# Besides sources, what steers the resolution of imports.
_SUPPORT = re.compile(
    r"(^|/)(tsconfig[^/]*\.json|jsconfig\.json|package\.json|pyproject\.toml|setup\.cfg)$"
)


@dataclass(frozen=True)
class Selection:
    """`include` narrows down, `exclude` takes away; patterns as in `model.globs`."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    default_exclude: tuple[str, ...] = field(default=DEFAULT_EXCLUDE)

    def takes(self, path: str) -> bool:
        """Whether a source file is to be analysed."""
        return self.enters(path) and (self._included is None or bool(self._included.match(path)))

    def enters(self, folder: str) -> bool:
        """Whether there can be anything to analyse in a folder."""
        return not self._excluded.match(folder)

    def is_source(self, path: str) -> bool:
        return family_of(path) is not None and self.takes(path)

    def is_support(self, path: str) -> bool:
        """Whether a file is needed to resolve imports, though it is no source."""
        return bool(_SUPPORT.search(path)) and self.enters(path)

    @cached_property
    def _excluded(self) -> re.Pattern[str]:
        return any_of((*self.default_exclude, *self.exclude))

    @cached_property
    def _included(self) -> re.Pattern[str] | None:
        return any_of(self.include) if self.include else None
