"""From the values of files and symbols to those of the codebase."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graph_sitter_db.measure.fans import fans
from graph_sitter_db.model.duplication import Duplication
from graph_sitter_db.model.facts import MeasuredFile
from graph_sitter_db.model.keys import ParseStatus
from graph_sitter_db.model.ports import Metric
from graph_sitter_db.model.relations import Linkage
from graph_sitter_db.model.rollup import Part, Tally, tally, together
from graph_sitter_db.model.structure import Structure


@dataclass(frozen=True, slots=True)
class FileTally:
    """What a file adds to the values of any codebase."""

    tally: Tally
    parse_status: ParseStatus
    is_test: bool
    is_generated: bool


def totals(
    files: Sequence[MeasuredFile],
    linkages: Mapping[str, Linkage],
    metrics: Sequence[Metric] | None = None,
    structure: Structure | None = None,
    duplication: Duplication | None = None,
) -> dict[str, float]:
    """The codebase's values by name: roll-ups of `metrics` (without them: of the built-in ones),
    numbers of files, and what the relations tell.
    """
    if metrics is None:
        from graph_sitter_db.measure.metrics import METRICS

        metrics = METRICS
    sources = {file.path: file.facts.lines.source for file in files}
    return {
        **totals_of([file_tally(file, metrics) for file in files], metrics),
        **_edges(linkages),
        **(structure.totals if structure else {}),
        **(duplicated_in(sources, duplication.lines) if duplication else {}),
    }


def file_tally(file: MeasuredFile, metrics: Sequence[Metric]) -> FileTally:
    facts = file.facts
    kinds = (symbol.kind for symbol in facts.symbols)
    part = Part(file.values, list(zip(kinds, file.symbol_values, strict=True)))
    return FileTally(tally(part, metrics), facts.parse_status, facts.is_test, facts.is_generated)


def totals_of(files: Sequence[FileTally], metrics: Sequence[Metric]) -> dict[str, float]:
    """Roll-ups and numbers of files, which is all that files tell without their relations."""
    return {
        "files": len(files),
        "files_partial": sum(file.parse_status is ParseStatus.PARTIAL for file in files),
        "files_failed": sum(file.parse_status is ParseStatus.FAILED for file in files),
        "files_test": sum(file.is_test for file in files),
        "files_generated": sum(file.is_generated for file in files),
        **together([file.tally for file in files], metrics),
    }


def duplicated_in(
    lines_source: Mapping[str, int], duplicated: Mapping[str, int]
) -> dict[str, float]:
    """The density is in per cent of the source lines of the files that were compared."""
    lines = sum(duplicated.values())
    compared = sum(lines_source[path] for path in duplicated)
    density = round(100 * lines / compared, 4) if compared else 0
    return {"duplicated_lines": lines, "duplicated_lines_density": density}


def _edges(linkages: Mapping[str, Linkage]) -> dict[str, float]:
    if not linkages:
        return {}
    found = fans(linkages).values()
    most_in, most_out = (max((each[way] for each in found), default=0) for way in (0, 1))
    resolved = sum(linkage.resolved for linkage in linkages.values())
    unresolved = sum(linkage.unresolved for linkage in linkages.values())
    return {
        "edges": sum(len(linkage.edges) for linkage in linkages.values()),
        "sites_resolved": resolved,
        "sites_unresolved": unresolved,
        **dict.fromkeys(("fan_in", "fan_in_max"), most_in),
        **dict.fromkeys(("fan_out", "fan_out_max"), most_out),
    }
