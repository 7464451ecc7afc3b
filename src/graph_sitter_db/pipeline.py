"""The path of the data, stages 2 to 5: sources → facts → measurements → issues → score."""

import gc
import json
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from graph_sitter_db import detect, extract, measure, plugins, score
from graph_sitter_db.detect.rules.duplicated_code import RULE as DUPLICATED_CODE
from graph_sitter_db.keeping import Kept, Version
from graph_sitter_db.model.duplication import Duplication
from graph_sitter_db.model.facts import FileFacts, MeasuredFile, Source
from graph_sitter_db.model.keys import Depth, Family, ParseStatus
from graph_sitter_db.model.ports import Metric, Rule
from graph_sitter_db.model.relations import Failure, Linkage, Relations
from graph_sitter_db.model.snapshot import AnalysedFile, Analysis, Origin
from graph_sitter_db.model.structure import Structure
from graph_sitter_db.settings import Settings


class Progress(Protocol):
    """Told about long work: the stage, how much is done, how much there is (None: unknown)."""

    def __call__(self, stage: str, done: int, total: int | None) -> None: ...


type Relate = Callable[[Mapping[str, FileFacts]], Relations]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to analyse: everything that, with the sources, decides the result."""

    settings: Settings
    metrics: Sequence[Metric]
    rules: Sequence[Rule]
    failures: tuple[Failure, ...] = ()  # plug-ins that could not be loaded

    @classmethod
    def of(cls, settings: Settings) -> "Recipe":
        """With every plug-in there is, less what the settings turn off."""
        return cls(
            settings=settings,
            metrics=plugins.metrics(),
            rules=settings.choose(plugins.rules()),
            failures=plugins.failures("rules", "metrics"),
        )

    @property
    def definitions(self) -> dict[str, str]:
        """Versions of all that decides a file version's content; its digest is the extractor's."""
        return {
            "syntax": extract.VERSION,
            **{
                f"metric:{metric.name}": metric.version
                for metric in self.metrics
                if metric.category != "coverage"  # which a report tells, not the sources
            },
            **{f"rule:{rule.name}": rule.version for rule in self.rules},
            "limits": json.dumps(self.settings.model_dump(include=JUDGEMENT), sort_keys=True),
        }


WITHOUT_GRAPH = (
    "the graph could not be built: there are no relations, and the score leaves out what the rules"
    " that need them would find; recording again tries again"
)
JUDGEMENT = {"enable", "disable", "limits", "paths", "max_file_size", "max_symbols"}


@contextmanager
def _without_collector() -> Iterator[None]:
    """An analysis makes a million values that stay, and no cycle: to look for one takes a sixth of
    its time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@_without_collector()
def analyse(
    origin: Origin,
    family: Family,
    sources: Iterable[Source],
    recipe: Recipe,
    *,
    relate: Relate | None = None,
    total: int | None = None,
    failures: Sequence[Failure] = (),
    manifests: Mapping[str, bytes] | None = None,
    progress: Progress | None = None,
    kept: Kept | None = None,
) -> Analysis:
    """One codebase at one point of history. Without `relate` the analysis is of syntax depth.

    `manifests`, by path: pyproject.toml and the like, in which packages say what is for others.
    """
    clock, failed = Clock(progress), [*recipe.failures, *failures]
    with clock.stage("extract", total):
        facts, known = _read(clock.each(sources), recipe.settings, kept)
    relations = Relations()
    if relate:
        with clock.stage("relate"):
            relations = relate(facts)
    if relate and relations.are_missing:
        origin = replace(origin, notes=(*origin.notes, WITHOUT_GRAPH))
    linkages = relations.linkages if relate and not relations.are_missing else None
    with clock.stage("measure", len(facts)):
        files = [
            known[path][0]
            if path in known
            else measure.measure(each, recipe.metrics, failures=failed)
            for path, each in clock.each(sorted(facts.items()))
        ]
        duplication = measure.duplication(
            [*facts.values()], partial(recipe.settings.limits_of, DUPLICATED_CODE)
        )
        structure = _structure(files, linkages, duplication, recipe, failed)
    with clock.stage("detect"):
        detected = detect.detect(
            files,
            linkages,
            family,
            recipe.rules,
            recipe.settings,
            structure=structure,
            manifests=manifests,
            duplication=duplication,
            known={path: found for path, (_, found) in known.items()},
        )
        if kept:
            kept.put(_new(files, detected, known, failed))
    with clock.stage("score"):
        scored = score.score(detected.issues, {f.path: f.facts.lines.source for f in files})
        totals = measure.totals(files, linkages or {}, recipe.metrics, structure, duplication)
    unknown = tuple(unread(files))
    told = {each.path for each in unknown}
    return Analysis(
        origin=origin,
        family=family,
        depth=Depth.GRAPH if relate else Depth.SYNTAX,
        files=tuple(_joined(files, linkages, detected)),
        score=scored,
        totals=totals,
        structure=structure,
        definitions=recipe.definitions,
        failures=(
            *failed,
            *unknown,
            *(f for f in relations.failures if f.path not in told),
            *detected.failures,
        ),
        graph_summary=relations.summary,
        node_count=relations.node_count,
        edge_count=relations.edge_count,
        seconds=clock.seconds,
        settings=recipe.settings.analysis(),
        metrics=recipe.metrics,
        rules=recipe.rules,
        recommendations=score.recommend(scored, detected.issues),
    )


def _read(
    sources: Iterable[Source], settings: Settings, kept: Kept | None
) -> tuple[dict[str, FileFacts], dict[str, Version]]:
    """Facts by path, and what was kept of an earlier time, where it was."""
    facts: dict[str, FileFacts] = {}
    known: dict[str, Version] = {}
    for source in sources:
        if kept and (version := kept.get(source)):
            known[source.path] = version
            facts[source.path] = version[0].facts
        else:
            facts[source.path] = facts_of(source, settings)
    return facts, known


def facts_of(source: Source, settings: Settings) -> FileFacts:
    """A file's facts; one that is too large, or holds too much, is only known to be there."""
    size, limit = len(source.content), settings.max_file_size
    if size > limit:
        return _skipped(source, f"{size:,} bytes", "max_file_size", limit)
    facts = extract.facts(source)
    if len(facts.symbols) > settings.max_symbols:
        found = f"{len(facts.symbols):,} symbols"
        return _skipped(source, found, "max_symbols", settings.max_symbols)
    return facts


def _skipped(source: Source, found: str, setting: str, limit: int) -> FileFacts:
    reason = f"skipped: {found}, and the setting {setting} allows {limit:,}"
    return FileFacts(source, ParseStatus.SKIPPED, reason)


class Clock:
    """Wall time by stage, told on to whoever wants to show it."""

    def __init__(self, progress: Progress | None) -> None:
        self.seconds: dict[str, float] = {}
        self._progress = progress or (lambda stage, done, total: None)
        self._stage = ""
        self._total: int | None = None

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator[None]:
        self._stage, self._total = name, total
        self._progress(name, 0, total)
        started = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - started, 4)

    def each[T](self, items: Iterable[T]) -> Iterator[T]:
        for done, item in enumerate(items, 1):
            yield item
            self._progress(self._stage, done, self._total)


def _new(
    files: Iterable[MeasuredFile],
    detected: detect.Detected,
    known: Container[str],
    failed: Iterable[Failure],
) -> Iterator[Version]:
    """What is worth keeping; not of files that were left out, or that something failed on."""
    without = {failure.path for failure in (*failed, *detected.failures)}
    for file in files:
        if file.path not in known and file.path not in without and file.facts.is_read:
            yield file, detected.by_file.get(file.path, {})


def _structure(
    files: Sequence[MeasuredFile],
    linkages: Mapping[str, Linkage] | None,
    duplication: Duplication,
    recipe: Recipe,
    failed: list[Failure],
) -> Structure:
    if linkages is None:
        return Structure()
    return measure.structure(files, linkages, recipe.metrics, failed, duplication)


def _joined(
    files: Sequence[MeasuredFile],
    linkages: Mapping[str, Linkage] | None,
    detected: detect.Detected,
) -> Iterator[AnalysedFile]:
    for file in files:
        none = Linkage(file.path, ())
        linkage = None if linkages is None else linkages.get(file.path, none)
        issues, accepted = (
            each.get(file.path, ()) for each in (detected.issues, detected.accepted)
        )
        yield AnalysedFile(file, linkage, issues, accepted)


def unread(files: Sequence[MeasuredFile]) -> Iterator[Failure]:
    for file in files:
        facts = file.facts
        if facts.parse_status is ParseStatus.FAILED:
            yield Failure(file.path, "parse", "", facts.parse_error or "could not be parsed")
        elif facts.parse_status is ParseStatus.SKIPPED:
            yield Failure(file.path, "skip", "", facts.parse_error or "left out")
