"""What import statements bring in."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graph_sitter_db.model.facts import FileFacts


@dataclass(frozen=True, slots=True)
class Imported:
    """A name that an import statement binds in its file."""

    name: str
    node: Any  # where the name stands; a tree_sitter Node
    statement: Any

    @property
    def is_renamed_to_itself(self) -> bool:
        """`import a as a`, which is how Python says that it is for others."""
        original = self.node.parent.child_by_field_name("name")
        return original not in (None, self.node) and bool(original.text == self.node.text)


def imported(facts: FileFacts) -> Iterator[Imported]:
    """Names bound by import statements; a star binds none that could be seen."""
    for statement in facts.nodes("import_statement", "import_from_statement", "import_alias"):
        for node in _bound(statement):
            yield Imported(node.text.decode("utf-8", "replace"), node, statement)


def _bound(statement: Any) -> Iterator[Any]:
    if statement.type == "import_alias":
        yield statement.named_children[0]
    for child in statement.children_by_field_name("name"):
        yield child.child_by_field_name("alias") or child.named_children[0]
    for clause in statement.named_children:
        if clause.type in ("import_clause", "import_require_clause"):
            yield from _bound_by_clause(clause)


def _bound_by_clause(clause: Any) -> Iterator[Any]:
    for child in clause.named_children:
        if child.type == "identifier":
            yield child
        elif child.type == "namespace_import":
            yield from child.named_children
        elif child.type == "named_imports":
            for specifier in child.named_children:
                if specifier.type == "import_specifier":
                    alias = specifier.child_by_field_name("alias")
                    yield alias or specifier.child_by_field_name("name")
