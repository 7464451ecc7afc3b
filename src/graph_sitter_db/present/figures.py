"""How numbers, times and counts are written, the same everywhere."""

from datetime import datetime

from graph_sitter_db.present.page import Span, Tone

ABSENT = "-"
_GRADES = {"A": Tone.GOOD, "B": Tone.GOOD, "C": Tone.WARNING, "D": Tone.BAD, "E": Tone.BAD}


def number(value: float | None) -> str:
    """Whole numbers without decimals, others with one or two; thousands parted by commas."""
    if value is None:
        return ABSENT
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.1f}" if abs(value) >= 10 else f"{value:,.2f}"


def signed(value: float | None) -> str:
    if value is None:
        return ABSENT
    return f"+{number(value)}" if value > 0 else number(value)


def arrow(change: float | None) -> str:
    """The way a value went; the tone beside it says whether that is good."""
    if not change:
        return " "
    return "▲" if change > 0 else "▼"


def percent(share: float | None) -> str:
    """Never rounded up to a hundred, nor down to nothing: both are claims."""
    if share is None:
        return ABSENT
    if 0 < share < 1:
        share = min(max(share, 0.001), 0.999)
    return f"{share * 100:.1f}%"


def counted(count: int, noun: str, plural: str | None = None) -> str:
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def moment(when: datetime | None) -> str:
    """In the reader's own time zone, to the minute."""
    return ABSENT if when is None else f"{when.astimezone():%Y-%m-%d %H:%M}"


def span_of_time(minutes: float) -> str:
    """`45 min`, `6 h 20 min`, `1,204 h`: working hours, since a day has any number of them."""
    hours, rest = divmod(round(minutes), 60)
    if not hours:
        return f"{rest} min"
    return f"{hours:,} h {rest} min" if rest and hours < 100 else f"{hours:,} h"


def score(value: float | None, grade: str | None) -> Span:
    if value is None:
        return Span(ABSENT, Tone.MUTED)
    return Span(f"{value:.1f} {grade or ''}".rstrip(), grade_tone(grade))


def grade_tone(grade: str | None) -> Tone:
    return _GRADES.get((grade or "")[:1], Tone.PLAIN)


def score_tone(change: float | None) -> Tone:
    if not change:
        return Tone.PLAIN
    return Tone.GOOD if change > 0 else Tone.BAD
