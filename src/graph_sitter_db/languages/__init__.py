"""What each language calls a function, a branch, a comment: data, one file a family."""

from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from graph_sitter_db.model.keys import Family, Language

if TYPE_CHECKING:
    from graph_sitter_db.languages.terms import LanguageSpec

_BY_SUFFIX = {
    ".py": Language.PYTHON,
    ".ts": Language.TYPESCRIPT,
    ".tsx": Language.TSX,
    ".js": Language.JAVASCRIPT,
    ".jsx": Language.JSX,
}


def language_of(path: str) -> Language | None:
    """By the suffix, in the spelling graph-sitter takes; None: not a language of ours."""
    return _BY_SUFFIX.get(PurePosixPath(path).suffix)


def is_manifest(path: str) -> bool:
    """Whether a file says what of a package is for others: entry points, scripts, exports."""
    return PurePosixPath(path).name in ("pyproject.toml", "setup.cfg", "package.json")


def family_of(path: str) -> Family | None:
    language = language_of(path)
    return None if language is None else family(language)


def family(language: Language) -> Family:
    return Family.PYTHON if language is Language.PYTHON else Family.TYPESCRIPT


@cache
def spec(language: Language) -> "LanguageSpec":
    """Loaded when first asked for: telling files apart needs no grammar."""
    if language is Language.PYTHON:
        from graph_sitter_db.languages.python import PYTHON

        return PYTHON
    from graph_sitter_db.languages.typescript import SPECS

    return SPECS[language]
