"""From the values of files and symbols to those of the codebase."""

from collections.abc import Mapping, Sequence

from graph_sitter_db.measure.fans import fans
from graph_sitter_db.model.duplication import Duplication
from graph_sitter_db.model.facts import MeasuredFile
from graph_sitter_db.model.keys import ParseStatus
from graph_sitter_db.model.ports import Metric
from graph_sitter_db.model.relations import Linkage
from graph_sitter_db.model.rollup import Part, rolled_up
from graph_sitter_db.model.structure import Structure


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
    return {
        **_counts(files),
        **rolled_up([_part(file) for file in files], metrics),
        **_edges(linkages),
        **(structure.totals if structure else {}),
        **(_duplicated(files, duplication) if duplication else {}),
    }


def _part(file: MeasuredFile) -> Part:
    kinds = (symbol.kind for symbol in file.facts.symbols)
    return Part(file.values, list(zip(kinds, file.symbol_values, strict=True)))


def _counts(files: Sequence[MeasuredFile]) -> dict[str, float]:
    facts = [file.facts for file in files]
    return {
        "files": len(files),
        "files_partial": sum(each.parse_status is ParseStatus.PARTIAL for each in facts),
        "files_failed": sum(each.parse_status is ParseStatus.FAILED for each in facts),
        "files_test": sum(each.is_test for each in facts),
        "files_generated": sum(each.is_generated for each in facts),
    }


def _duplicated(files: Sequence[MeasuredFile], duplication: Duplication) -> dict[str, float]:
    """The density is in per cent of the source lines of the files that were compared."""
    lines = sum(duplication.lines.values())
    compared = sum(f.facts.lines.source for f in files if f.path in duplication.lines)
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
