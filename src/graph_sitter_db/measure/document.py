"""The page about metrics: `python -m graph_sitter_db.measure.document > docs/metrics.md`."""

from collections.abc import Iterator, Sequence, Set
from itertools import groupby

from graph_sitter_db.measure.metrics import METRICS
from graph_sitter_db.model.keys import CALLABLES, CLASSES, Scope, SymbolKind
from graph_sitter_db.model.ports import Metric

HEAD = """\
# Metrics

Written by `python -m graph_sitter_db.measure.document` from the metrics themselves.
`graph-sitter-db metrics --list` prints them, those of plug-ins too, and `graph-sitter-db metrics
[PATH]` a run's values: of the codebase, a folder, a file or a symbol.

**Better** says which way a metric improves: ↓ lower, ↑ higher. **Unknown** is no value: a dash on
the screen, null in the database, never 0. It is left out of every roll-up; so are files that could
not be read.

**Roll-up** says how a folder or the codebase gets its value from its files, or from its definitions
where files have none:

- *sum*: added up;
- *max*: the largest;
- *mean*: the mean, weighed by the metric that is named; without one, each counts alike;
- *share*: some of something, in per cent, weighed by how much of it there is (without a name: by
  source lines), so that the whole's value is the share of all of it.

What functions have (or classes, where a metric is about those) also has a mean over them, in which
each counts alike, and the value of the worst: `cyclomatic_complexity_mean`,
`cyclomatic_complexity_max`, `maintainability_index_min`.

Each value is stored with the **version** of its definition, which is raised when values stop being
comparable. A comparison then says *unknown* instead of better or worse, and a trend says at each
point which definitions changed (`definitions_changed`).

Of the **maintainability index** it is held that a mean over files hides the bad ones, that it is
little more than the length of the code, and that it names nothing to mend; radon's maintainer
regrets having added it (radon #125). It can show a trend; what to do, the issues say.
"""

_CATEGORIES = ("size", "complexity", "risk", "structure", "clarity", "coverage")


def page(metrics: Sequence[Metric]) -> str:
    """Markdown: for each category a table, then a paragraph for each metric."""
    groups = groupby(sorted(metrics, key=_order), key=lambda metric: metric.category)
    parts = ("\n".join(_category(name, list(found))) for name, found in groups)
    return "\n".join([HEAD, *parts])


def _order(metric: Metric) -> tuple[int, str]:
    known = metric.category in _CATEGORIES
    place = _CATEGORIES.index(metric.category) if known else len(_CATEGORIES)
    return place, metric.category


def _category(name: str, metrics: Sequence[Metric]) -> Iterator[str]:
    yield f"## {name.capitalize()}\n"
    yield "| metric | title | unit | better | roll-up | of |\n|---|---|---|---|---|---|"
    yield from map(_row, metrics)
    yield ""
    yield from map(_paragraph, metrics)


def _row(metric: Metric) -> str:
    better = {"lower": "↓", "higher": "↑"}.get(metric.direction, "")
    weight = f" by {metric.weight}" if metric.weight else ""
    return (
        f"| `{metric.name}` | {metric.title} | {metric.unit} | {better} | {metric.rollup}{weight} "
        f"| {_of(metric)} |"
    )


def _of(metric: Metric) -> str:
    match metric.finest:
        case Scope.SYMBOL:
            return _kinds(metric.kinds)
        case Scope.CODEBASE:
            return "the codebase"
    return f"{metric.finest}s"


def _kinds(kinds: Set[SymbolKind]) -> str:
    if kinds <= CALLABLES:
        return "functions"
    return "classes" if kinds <= CLASSES else "definitions"


def _paragraph(metric: Metric) -> str:
    version = f", version {metric.version}" if metric.version != "1" else ""
    return (
        f"**{metric.title}** (`{metric.name}`{version}): {metric.definition} *{metric.source}.*\n"
    )


if __name__ == "__main__":
    print(page(METRICS), end="")
