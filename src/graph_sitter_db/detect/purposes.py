"""What an import may be for whose name its own file does not read."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from pathlib import PurePosixPath
from typing import Any

from graph_sitter_db.detect.imports import Imported
from graph_sitter_db.detect.scopes import Scopes
from graph_sitter_db.model.facts import FileFacts
from graph_sitter_db.model.keys import Language


class Purposes:
    """Of one file's imports. What cannot be told from the file counts as a purpose."""

    def __init__(
        self, facts: FileFacts, imports: Sequence[Imported], unread: Sequence[Imported]
    ) -> None:
        self._facts = facts
        self._is_python = facts.source.language is Language.PYTHON
        self._path = PurePosixPath(facts.path)
        scopes, names = Scopes(facts), {each.node.start_byte for each in unread}
        self._needed = {e.statement.start_byte for e in imports if e.node.start_byte not in names}
        self._bound = Counter(s.name for s in facts.symbols if s.parent_ordinal is None)
        self._bound.update(e.name for e in imports if scopes.function(e.node) is None)

    def serves(self, each: Imported) -> bool:
        if not self._is_python:
            return self._is_for_markup(each) or self._augments(each)
        return (
            self._imports_for_others
            or self._is_offered(each)
            or self._bound[each.name] > 1  # from here or there, by version or platform
            or self._loads_a_part(each)
            or self._is_explained(each)
            or _is_tried(each.statement)
            or (self._facts.is_test and self._is_fixture(each.name))
        )

    @cached_property
    def _imports_for_others(self) -> bool:
        """Whether the module is there for what it imports."""
        facts = self._facts
        if self._path.name in ("__init__.py", "conftest.py") or "compat" in self._path.name:
            return True
        if facts.exports == frozenset():
            return True  # its `__all__` is put together when it runs
        own = any(not symbol.name.startswith("__") for symbol in facts.symbols)
        return not own and all(site.kind == "import" for site in facts.sites)

    def _is_offered(self, each: Imported) -> bool:
        module = each.statement.child_by_field_name("module_name")
        parts = module.text.decode("utf-8", "replace").split(".") if module else ["?"]
        if each.is_renamed_to_itself or each.name.startswith("__"):
            return True
        if parts[-1].startswith(f"_{self._path.stem}"):
            return True  # the latter is the same module, as written in C
        if self._facts.exports is not None:
            return each.name in self._facts.exports
        if each.name.startswith("_") or self._facts.is_test:
            return False
        if any(part.startswith("_") for part in parts):
            return True
        is_own = not parts[0] or parts[0] in self._path.parts
        return is_own and each.statement.start_byte not in self._needed

    def _is_explained(self, each: Imported) -> bool:
        rest = self._facts.source.content[each.node.end_byte :].partition(b"\n")[0]
        return _EXPLANATION.search(rest) is not None

    def _loads_a_part(self, each: Imported) -> bool:
        """`import a.b` beside `import a as c`, for `c.b`."""
        if each.node.parent.type != "dotted_name" or each.statement.type != "import_statement":
            return False
        return bool(self._places[each.name] - {each.node.start_byte})

    @cached_property
    def _places(self) -> Mapping[str, set[int]]:
        """Where each module is imported, or a part of it."""
        places: dict[str, set[int]] = defaultdict(set)
        for site in self._facts.sites:
            if site.kind == "import":
                for name in accumulate(site.name.split("."), "{}.{}".format):
                    places[name].add(site.byte)
        return places

    def _is_fixture(self, name: str) -> bool:
        """Which tests ask for by a parameter of that name, or by `usefixtures`."""
        if any(name == parameter.name for s in self._facts.symbols for parameter in s.parameters):
            return True
        content = self._facts.source.content
        return any(f"{quote}{name}{quote}".encode() in content for quote in "'\"")

    def _is_for_markup(self, each: Imported) -> bool:
        """JSX becomes calls of what is not written there."""
        language = self._facts.source.language
        return each.name in _FACTORIES and language is not Language.TYPESCRIPT

    def _augments(self, each: Imported) -> bool:
        """Whether it is a declaration's, or of a module to which the file adds declarations."""
        if self._facts.path.endswith(".d.ts"):
            return True
        source = each.statement.child_by_field_name("source")
        return source is not None and b"declare module " + source.text in self._facts.source.content


_EXPLANATION = re.compile(rb"#\s*(?!noqa|nosec|\w+:|#)\w")  # no directive to a tool
_FACTORIES = frozenset({"React", "Fragment", "h", "jsx"})


def _is_tried(statement: Any) -> bool:
    """Whether it is there to see if it works: under `except ImportError`, `with raises(…)`."""
    for node in _around(statement):
        if node.type in _SCOPES:
            return False
        if node.type == "with_statement":
            return True
        if node.type == "try_statement" and any(map(_expects_failure, node.named_children)):
            return True
    return False


_SCOPES = frozenset({"function_definition", "class_definition"})


def _around(node: Any) -> Iterator[Any]:
    while (node := node.parent) is not None:
        yield node


def _expects_failure(clause: Any) -> bool:
    if clause.type != "except_clause":
        return False
    caught = clause.named_children[0]
    return caught.type == "block" or any(error in caught.text for error in _EXPECTED)


_EXPECTED = (b"ImportError", b"ModuleNotFoundError", b"Exception")
