"""Where a name that is bound in a file can be read."""

from typing import Any

from graph_sitter_db.model.facts import FileFacts, Symbol
from graph_sitter_db.model.keys import CALLABLES, SymbolKind


class Scopes:
    """Of one file whose tree is at hand."""

    def __init__(self, facts: FileFacts) -> None:
        self._facts = facts
        self.file = range(facts.tree.end_byte)
        self._free = {
            (around.key, name.text)
            for statement in facts.nodes("global_statement", "nonlocal_statement")
            if (around := facts.symbol_at(statement.start_byte))
            for name in statement.named_children
        }

    def function(self, name: Any) -> Symbol | None:
        """Whose own a name is: the function around it, unless that says `global` or `nonlocal`."""
        around = self._facts.symbol_at(name.start_byte)
        if around is None or around.kind not in CALLABLES or (around.key, name.text) in self._free:
            return None
        return around

    def is_attribute(self, name: Any) -> bool:
        """Whether it belongs to a class, whose objects may be asked for it anywhere."""
        around = self._facts.symbol_at(name.start_byte)
        return around is not None and around.kind in (SymbolKind.CLASS, SymbolKind.ENUM)
