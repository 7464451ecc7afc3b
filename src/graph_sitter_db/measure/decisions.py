"""Where the flow divides: what cyclomatic complexity and all that follows from it count."""

from collections.abc import Iterable, Sequence

from graph_sitter_db.measure.callables import is_callable, loose_controls, once_a_file
from graph_sitter_db.model.facts import Control, ControlKind, FileFacts
from graph_sitter_db.model.keys import Language

_SHARED = frozenset(
    {
        ControlKind.IF,
        ControlKind.ELIF,
        ControlKind.FOR,
        ControlKind.WHILE,
        ControlKind.EXCEPT,
        ControlKind.CASE,
        ControlKind.TERNARY,
        ControlKind.BOOLEAN,
    }
)
_PYTHON = _SHARED | {
    ControlKind.LOOP_ELSE,
    ControlKind.TRY_ELSE,
    ControlKind.COMPREHENSION,
    ControlKind.COMPREHENSION_IF,
    ControlKind.ASSERT,
}
_TYPESCRIPT = _SHARED | {
    ControlKind.NULLISH,
    ControlKind.OPTIONAL_CHAIN,
    ControlKind.DEFAULT_VALUE,
}


def decisions(controls: Iterable[Control], facts: FileFacts) -> int:
    if facts.source.language is Language.PYTHON:
        return sum(c.weight for c in controls if c.kind in _PYTHON and not c.in_assert)
    return sum(c.weight for c in controls if c.kind in _TYPESCRIPT and not c.in_lambda)


@once_a_file
def complexities(facts: FileFacts) -> Sequence[int]:
    """The cyclomatic complexity of each function, by ordinal; 0 for what is none."""
    return [1 + decisions(s.controls, facts) if is_callable(s) else 0 for s in facts.symbols]


def complexity(facts: FileFacts) -> int:
    """Of the file: of its functions, and of what stands outside them."""
    return sum(complexities(facts)) + decisions(loose_controls(facts), facts)
