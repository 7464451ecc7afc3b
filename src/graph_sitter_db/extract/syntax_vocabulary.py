"""Operators and operands, counted from the tokens that the walk has met."""

from collections import Counter
from collections.abc import Iterable, Sequence

from graph_sitter_db.model.facts import Vocabulary

# What the digest of a definition's tokens needs to see though nobody wrote it: where statements
# begin, and where blocks begin and end.
STATEMENT, BEGIN, END = b"\n", b"\x01", b"\x02"
# Neither those, nor the second half of an operator that is counted with its first.
_UNCOUNTED = (STATEMENT, BEGIN, END, b")", b"]", b"}")


def vocabulary(
    tokens: Sequence[bytes], operators: frozenset[bytes], digests: Iterable[bytes] = ()
) -> Vocabulary:
    """What a grammar spells out is an operator, what it leaves open an operand: keywords,
    punctuation and brackets (a pair once) are operators; names and literals operands.

    The digests among the tokens stand for what is not their own.
    """
    counts = Counter(tokens)
    for each in (*_UNCOUNTED, *digests):
        counts.pop(each, None)
    found = operators.intersection(counts)  # goes through the shorter; `&` of keys does not
    used, all_used = sum(map(counts.__getitem__, found)), sum(counts.values())
    return Vocabulary(
        distinct_operators=len(found),
        distinct_operands=len(counts) - len(found),
        operators=used,
        operands=all_used - used,
    )
