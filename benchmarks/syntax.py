"""What symbols, metrics and issues cost beside parsing the same bytes, and how that grows."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import inputs
from benchmarks.child import child
from benchmarks.rows import Row, middle

if TYPE_CHECKING:
    from graph_sitter_db.model.facts import Source
    from graph_sitter_db.model.keys import Family
    from graph_sitter_db.model.snapshot import Origin
    from graph_sitter_db.pipeline import Recipe

SCRIPT = "benchmarks.syntax"
_MIB = 1024**2


def rows(runs: int) -> Iterator[Row]:
    for name in (inputs.SMALL, inputs.LARGE, inputs.TYPESCRIPT):
        measured = child(f"{SCRIPT}:analysing_and_parsing", str(inputs.repository(name)), str(runs))
        ours, parsing = measured.value
        yield Row(f"syntax depth of {name} / tree-sitter parse", ours, parsing, "s", 5)


def growth(runs: int) -> Iterator[Row]:
    """Seconds and memory for each thousand lines, at each size over those at the first."""
    first: tuple[float, float] | None = None
    for size in (10_000, 50_000, 250_000):
        path = inputs.part(inputs.LARGE, size)
        thousands = inputs.lines(path) / 1000
        alike = [child(f"{SCRIPT}:analysing", str(path)) for _ in range(runs)]
        seconds = middle([each.value[0] for each in alike]) / thousands
        memory = middle([each.value[1] for each in alike]) / _MIB / thousands
        first = first or (seconds, memory)
        label = f"{thousands:,.0f} thousand lines / 10 thousand"
        yield Row(f"time a thousand lines: {label}", seconds, first[0], "s")
        yield Row(f"memory a thousand lines: {label}", memory, first[1], "MiB")


def analysing_and_parsing(path: str, runs: str) -> tuple[float, float]:
    """Medians, measured in turn on the same bytes."""
    import gc

    from graph_sitter_db.extract.syntax_table import parser

    origin, family, sources, recipe = _input(path)
    both: list[tuple[float, float]] = []
    for _ in range(int(runs)):
        gc.collect()
        started = time.perf_counter()
        for source in sources:
            parser(source.language).parse(source.content)
        parsed = time.perf_counter()
        _analyse(origin, family, sources, recipe)
        both.append((time.perf_counter() - parsed, parsed - started))
    return middle([ours for ours, _ in both]), middle([parsing for _, parsing in both])


def analysing(path: str) -> tuple[float, int]:
    """Seconds, and bytes that the process grew by."""
    import resource

    inputs_ = _input(path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    _analyse(*inputs_)
    seconds = time.perf_counter() - started
    return seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024


def _input(path: str) -> "tuple[Origin, Family, list[Source], Recipe]":
    from graph_sitter_db.checkout import open_tree
    from graph_sitter_db.pipeline import Recipe
    from graph_sitter_db.settings import Settings

    tree = open_tree(Path(path))
    (family, _) = max(tree.families().items(), key=lambda each: each[1])
    return tree.origin, family, list(tree.sources(family)), Recipe.of(Settings())


def _analyse(origin: "Origin", family: "Family", sources: "list[Source]", recipe: "Recipe") -> None:
    from graph_sitter_db.pipeline import analyse

    analyse(origin, family, sources, recipe)
