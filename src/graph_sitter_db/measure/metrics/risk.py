"""The risk profile: how much of the code stands in functions that are hard to test."""

from collections import Counter
from collections.abc import Iterator, Mapping

from graph_sitter_db.measure.callables import once_a_file, own_lines
from graph_sitter_db.measure.decisions import complexities
from graph_sitter_db.model.facts import FileFacts
from graph_sitter_db.model.keys import Direction, Rollup
from graph_sitter_db.model.ports import Metric

# Of cyclomatic complexity, each up to and including its figure.
_BANDS = (("low", 10), ("moderate", 20), ("high", 50), ("very_high", float("inf")))
_SOURCE = "Heitlager, Kuipers and Visser, A Practical Model for Measuring Maintainability (2007)"


@once_a_file
def _profile(facts: FileFacts) -> Mapping[str, int]:
    """Source lines by band."""
    lines: Counter[str] = Counter()
    for paths, own in zip(complexities(facts), own_lines(facts), strict=True):
        if own:
            lines[next(name for name, most in _BANDS if paths <= most)] += own
    return lines


def _of_band(band: str, least: int, most: float) -> Iterator[Metric]:
    """Its lines, and their share of all lines in functions."""
    said = band.replace("_", " ")
    paths = f"{least} to {most:g}" if most < float("inf") else f"more than {least - 1}"
    lines = f"ource lines in functions of {said} risk: of a cyclomatic complexity of {paths}"

    def share(facts: FileFacts) -> float | None:
        profile = _profile(facts)
        return round(100 * profile[band] / sum(profile.values()), 4) if profile else None

    yield Metric(
        name=f"risk_lines_{band}",
        title=f"Lines of {said} risk",
        unit="lines",
        direction=Direction.NEUTRAL if band == "low" else Direction.LOWER,
        rollup=Rollup.SUM,
        definition=(
            f"S{lines}. Each line counts once: those of a function that stands inside another, "
            "anonymous ones too, are its own and not the outer one's."
        ),
        source=_SOURCE,
        category="risk",
        of_file=lambda facts: _profile(facts)[band],
    )
    yield Metric(
        name=f"risk_{band}",
        title=f"Share of {said} risk",
        unit="%",
        direction=Direction.HIGHER if band == "low" else Direction.LOWER,
        rollup=Rollup.SHARE,
        weight="function_lines",
        definition=f"S{lines}, of all source lines in functions.",
        source=_SOURCE,
        category="risk",
        of_file=share,
    )


def _bands() -> Iterator[Metric]:
    least = 1
    for band, most in _BANDS:
        yield from _of_band(band, least, most)
        least = int(min(most, 1e9)) + 1


RISK = (
    Metric(
        name="function_lines",
        title="Lines in functions",
        unit="lines",
        direction=Direction.NEUTRAL,
        rollup=Rollup.SUM,
        definition="Source lines of all functions, each line once.",
        source="graph-sitter-db 1",
        category="risk",
        of_file=lambda facts: sum(_profile(facts).values()),
    ),
    *_bands(),
)
