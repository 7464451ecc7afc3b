"""Halstead's measures: of n1 distinct operators used N1 times, and n2 operands used N2 times."""

from math import log2

from graph_sitter_db.model.facts import Vocabulary


def volume(tokens: Vocabulary) -> float:
    """N log2 n: the bits it takes to write it down, each token out of all that occur."""
    distinct = tokens.distinct_operators + tokens.distinct_operands
    return (tokens.operators + tokens.operands) * log2(distinct) if distinct else 0.0


def difficulty(tokens: Vocabulary) -> float:
    """n1 / 2 · N2 / n2; nothing where there are no operands."""
    if not tokens.distinct_operands:
        return 0.0
    return tokens.distinct_operators / 2 * tokens.operands / tokens.distinct_operands


def effort(tokens: Vocabulary) -> float:
    """Difficulty times volume; a second for every eighteen, Halstead held."""
    return difficulty(tokens) * volume(tokens)
