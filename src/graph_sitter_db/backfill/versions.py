"""What is remembered of a file version: enough to add it to any state of its codebase."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from graph_sitter_db import measure
from graph_sitter_db.detect import detect
from graph_sitter_db.detect.rules.duplicated_code import RULE as DUPLICATED_CODE
from graph_sitter_db.model.facts import Source
from graph_sitter_db.model.issues import Issue
from graph_sitter_db.model.keys import Family
from graph_sitter_db.model.relations import Failure
from graph_sitter_db.model.snapshot import AnalysedFile
from graph_sitter_db.pipeline import Recipe, facts_of, unread

MOST_LINES = 400_000  # remembered at a time, at about 400 bytes each


@dataclass(frozen=True, slots=True)
class Version:
    """One file's content at some point of history, analysed at depth syntax."""

    path: str
    sha256: bytes
    tally: measure.FileTally
    comparable: measure.Comparable | None
    issues: Sequence[Issue]
    accepted: Sequence[Issue]
    failed_metrics: Sequence[Failure]
    failed_reading: Sequence[Failure]
    failed_rules: Sequence[Failure]
    lines_physical: int
    lines_source: int
    symbol_count: int
    linkage: None = None


def analysed(source: Source, family: Family, recipe: Recipe) -> tuple[Version, AnalysedFile]:
    """What is remembered, and what is to be stored."""
    settings, failed = recipe.settings, list[Failure]()
    facts = facts_of(source, settings)
    file = measure.measure(facts, recipe.metrics, failures=failed)
    found = detect([file], None, family, recipe.rules, settings)
    issues, accepted = (each.get(file.path, ()) for each in (found.issues, found.accepted))
    version = Version(
        path=file.path,
        sha256=source.sha256,
        tally=measure.file_tally(file, recipe.metrics),
        comparable=measure.comparable(facts, settings.limits_of(DUPLICATED_CODE, file.path)),
        issues=issues,
        accepted=accepted,
        failed_metrics=failed,
        failed_reading=[*unread([file])],
        failed_rules=found.failures,
        lines_physical=facts.lines.physical,
        lines_source=facts.lines.source,
        symbol_count=len(facts.symbols),
    )
    bare = replace(facts, tree=None, places={}, names=frozenset(), names_used=frozenset(), sites=())
    return version, AnalysedFile(replace(file, facts=bare), None, issues, accepted)


class Memory:
    """The versions that were needed last, up to a number of lines."""

    def __init__(self, most_lines: int = MOST_LINES) -> None:
        self._versions: OrderedDict[Any, Version] = OrderedDict()
        self._lines, self._most = 0, most_lines

    def get(self, key: object) -> Version | None:
        if found := self._versions.get(key):
            self._versions.move_to_end(key)
        return found

    def put(self, key: object, version: Version) -> None:
        self._versions[key] = version
        self._lines += version.lines_physical
        while self._lines > self._most and len(self._versions) > 1:
            self._lines -= self._versions.popitem(last=False)[1].lines_physical
