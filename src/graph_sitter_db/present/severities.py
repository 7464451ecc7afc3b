"""Severities in the order and tone in which they are shown."""

from collections import Counter
from collections.abc import Iterable

from graph_sitter_db.model.keys import Severity
from graph_sitter_db.present.page import Span, Tone

_TONES = {
    Severity.CRITICAL: Tone.BAD,
    Severity.ERROR: Tone.BAD,
    Severity.WARNING: Tone.WARNING,
    Severity.INFO: Tone.MUTED,
}
WORST_FIRST = tuple(reversed(Severity))


def severity(name: str) -> Span:
    return Span(name, _TONES.get(Severity(name), Tone.PLAIN) if name in _TONES else Tone.PLAIN)


def tally(names: Iterable[str]) -> list[tuple[str, int]]:
    """How many of each, worst first; severities nobody has are left out."""
    counts = Counter(names)
    return [(each.value, counts[each]) for each in WORST_FIRST if counts[each]]
