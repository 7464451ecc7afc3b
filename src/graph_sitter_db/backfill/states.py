"""From file versions to what a run says: the sums that `pipeline.analyse` takes of all files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graph_sitter_db import measure, score
from graph_sitter_db.backfill.versions import Version
from graph_sitter_db.model.relations import Failure
from graph_sitter_db.model.scores import Score
from graph_sitter_db.model.snapshot import Origin
from graph_sitter_db.pipeline import Recipe


@dataclass(frozen=True, slots=True)
class State:
    """A codebase at one point of history, at depth syntax."""

    origin: Origin
    files: Sequence[Version]  # by path
    score: Score
    totals: Mapping[str, float]
    failures: Sequence[Failure]
    recommendations: Sequence[str]
    seconds: Mapping[str, float] = field(default_factory=dict)
    graph_summary: str = ""
    node_count: int = 0


def state(
    origin: Origin, files: Sequence[Version], recipe: Recipe, failures: Sequence[Failure]
) -> State:
    """Of these versions; `failures` are of files that could not be read from git."""
    issues = {file.path: file.issues for file in files}
    lines = {file.path: file.lines_source for file in files}
    scored = score.score(issues, lines)
    compared = [file.comparable for file in files if file.comparable]
    return State(
        origin=origin,
        files=files,
        score=scored,
        totals={
            **measure.totals_of([file.tally for file in files], recipe.metrics),
            **measure.duplicated_in(lines, measure.duplicated_lines(compared)),
        },
        failures=(
            *recipe.failures,
            *(each for file in files for each in file.failed_metrics),
            *(each for file in files for each in file.failed_reading),
            *_by_rule(files, recipe),
            *failures,
        ),
        recommendations=score.recommend(scored, issues),
    )


def _by_rule(files: Sequence[Version], recipe: Recipe) -> list[Failure]:
    order = {rule.name: number for number, rule in enumerate(recipe.rules)}
    failed = [each for file in files for each in file.failed_rules]
    return sorted(failed, key=lambda each: order[each.name])
