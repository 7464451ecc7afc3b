"""Whether the codebase has what its imports ask for."""

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from graph_sitter_db.model.facts import FileFacts
from graph_sitter_db.model.keys import Language, ParseStatus


@dataclass(frozen=True, slots=True)
class Missing:
    """What an import asks for and is not there."""

    place: str  # the folder that has no such module, or the file that has no such name
    name: str
    asked: str  # as the import has it
    node: Any  # the import, a tree_sitter Node


class Modules:
    """Files as imports see them, and the folders they lie in. Other folders are not known: what is
    in them may have been left out.
    """

    def __init__(self, files: Mapping[str, FileFacts]) -> None:
        self._files = files
        self._folders = {str(each) for path in files for each in PurePosixPath(path).parents}

    def missing(self, facts: FileFacts) -> Iterator[Missing]:
        """What a file's imports ask for in vain; those under a condition are not looked at."""
        search = self._python if facts.source.language is Language.PYTHON else self._typescript
        for node in facts.nodes("import_statement", "import_from_statement", "export_statement"):
            if not _is_conditional(node):
                yield from search(facts.path, node)

    def _python(self, path: str, node: Any) -> Iterator[Missing]:
        names = [_text(_unaliased(child)) for child in node.children_by_field_name("name")]
        module = node.child_by_field_name("module_name")
        asked = [(_text(module), names)] if module else [(name, []) for name in names]
        for name, wanted in asked:
            found = [self._lacks(*start, wanted) for start in self._starts(path, name)]
            if found and all(found):
                for place, lacked in found[0]:
                    yield Missing(place, lacked, _whole(name, lacked, wanted), node)

    def _starts(self, path: str, asked: str) -> Iterator[tuple[str, Sequence[str]]]:
        """Folders to look in, each with the names to follow from there. A module that is not asked
        for by its place must be in a package of this codebase.
        """
        parents = [str(folder) for folder in PurePosixPath(path).parents]
        dots = len(asked) - len(asked.lstrip("."))
        parts = [part for part in asked[dots:].split(".") if part]
        if dots:
            yield from ((folder, parts) for folder in parents[dots - 1 : dots])
            return
        own = next((p for p in parents if _join(p, "__init__.py") not in self._files), ".")
        for folder in dict.fromkeys((own, ".", "src")):
            package = self._files.get(_join(folder, parts[0], "__init__.py"))
            if package and package.names.isdisjoint(_EXTENDS):
                yield folder, parts

    def _lacks(
        self, folder: str, parts: Sequence[str], wanted: Sequence[str]
    ) -> list[tuple[str, str]]:
        """What is not there, each with its place: a module, or else names wanted of it."""
        for number, part in enumerate(parts, 1):
            inner = _join(folder, part)
            if f"{inner}.py" in self._files and f"{inner}/__init__.py" not in self._files:
                return self._unnamed(f"{inner}.py", wanted)
            if inner not in self._folders:
                return [(folder, part)] if number == len(parts) else []
            folder = inner
        inside = [name for name in wanted if not self._is_module(_join(folder, name))]
        return self._unnamed(_join(folder, "__init__.py"), inside)

    def _unnamed(self, path: str, wanted: Sequence[str]) -> list[tuple[str, str]]:
        facts = self._files.get(path)
        if facts is None:  # a folder without `__init__.py` has nothing but modules
            return [(posixpath.dirname(path) or ".", name) for name in wanted]
        if facts.parse_status is not ParseStatus.OK or not facts.names.isdisjoint(_MAKES_NAMES):
            return []
        if any(site.kind == "import" and site.name.endswith("*") for site in facts.sites):
            return []
        return [(path, name) for name in wanted if name not in facts.names]

    def _is_module(self, path: str) -> bool:
        return path in self._folders or f"{path}.py" in self._files

    def _typescript(self, path: str, node: Any) -> Iterator[Missing]:
        source = node.child_by_field_name("source")
        asked = _text(source).strip("'\"`") if source else ""
        place = _join(posixpath.dirname(path), asked)
        folder, name = posixpath.dirname(place) or ".", posixpath.basename(place)
        if (
            asked.startswith(("./", "../"))
            and _MODULE.fullmatch(name)
            and folder in self._folders
            and place not in self._folders
            and _stem(place) not in self._stems
        ):
            yield Missing(folder, name, asked, node)

    @cached_property
    def _stems(self) -> set[str]:
        """A module is asked for without its suffix, or with the one that it is compiled to."""
        return {_stem(path) for path in self._files}


_EXTENDS = frozenset({"extend_path", "declare_namespace", "__path__"})
_MAKES_NAMES = frozenset({"__getattr__", "exec", "globals", "setattr", "vars"})
_MODULE = re.compile(r"[\w$-]+(\.[jt]sx?)?")  # other suffixes are styles, data and pictures
_SUFFIX = re.compile(r"(\.d)?\.[jt]sx?$")
_CONDITIONS = frozenset({"try_statement", "if_statement", "with_statement", "match_statement"})


def _is_conditional(node: Any) -> bool:
    """`try`, `if TYPE_CHECKING`, or a comment that tells the type checker to look away."""
    before = node.prev_named_sibling
    if before is not None and before.type == "comment" and "@ts-" in _text(before):
        return True
    while node is not None and node.type not in _CONDITIONS:
        node = node.parent
    return node is not None


def _whole(module: str, lacked: str, wanted: Sequence[str]) -> str:
    """`.a` for `from .a import b` without a module `a`; without a `b` in it, `.a.b`."""
    if lacked not in wanted:
        return module
    return f"{module}{lacked}" if module.endswith(".") else f"{module}.{lacked}"


def _unaliased(node: Any) -> Any:
    return node.child_by_field_name("name") if node.type == "aliased_import" else node


def _text(node: Any) -> str:
    return "".join(node.text.decode("utf-8", "replace").split())


def _join(*parts: str) -> str:
    return posixpath.normpath(posixpath.join(*parts))


def _stem(path: str) -> str:
    return _SUFFIX.sub("", path)
