"""Operators and operands, counted from the tokens that the walk has met."""

from collections import Counter
from collections.abc import Iterable, Set

from graph_sitter_db.extract.syntax_frames import BEGIN, END, STATEMENT, Frame
from graph_sitter_db.model.facts import Vocabulary

_CLOSING = frozenset({b")", b"]", b"}"})  # the second half of an operator counted with its first


class Vocabularies:
    """Tells tokens apart: what a grammar spells out is an operator, what it leaves open an operand.

    Keywords, punctuation and brackets (a pair once) are operators; names and literals operands.
    """

    def __init__(self, spelled_out: Set[bytes], frames: Iterable[Frame]) -> None:
        self._operators = spelled_out - _CLOSING
        self._others: Set[bytes] = {*_CLOSING, STATEMENT, BEGIN, END, *(f.digest for f in frames)}

    def of(self, frame: Frame) -> Vocabulary:
        return self.of_all((frame,))

    def of_all(self, frames: Iterable[Frame]) -> Vocabulary:
        counts: Counter[bytes] = Counter()
        for frame in frames:
            counts.update(frame.counts)
        tokens = {token: n for token, n in counts.items() if token not in self._others}
        operators = [n for token, n in tokens.items() if token in self._operators]
        return Vocabulary(
            distinct_operators=len(operators),
            distinct_operands=len(tokens) - len(operators),
            operators=sum(operators),
            operands=sum(tokens.values()) - sum(operators),
        )
