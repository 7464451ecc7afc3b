"""From the values of files and symbols to those of the codebase."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import fmean

from graph_sitter_db.measure.callables import is_callable
from graph_sitter_db.measure.fans import fans
from graph_sitter_db.model.facts import MeasuredFile
from graph_sitter_db.model.keys import ParseStatus, SymbolKind
from graph_sitter_db.model.relations import Linkage
from graph_sitter_db.model.structure import Structure


def totals(
    files: Sequence[MeasuredFile],
    linkages: Mapping[str, Linkage],
    structure: Structure | None = None,
) -> dict[str, float]:
    """The codebase's values by name.

    A file metric is summed under its own name. A symbol metric gives `<name>_mean` and
    `<name>_max` over the functions that have it, so that large codebases can be compared with
    small ones. Whole numbers stay whole.
    """
    return {
        **_counts(files),
        **_sums(file.values for file in files),
        **_spreads(list(_function_values(files))),
        **_edges(linkages),
        **(structure.totals if structure else {}),
    }


def _counts(files: Sequence[MeasuredFile]) -> dict[str, float]:
    facts = [file.facts for file in files]
    kinds = [symbol.kind for each in facts for symbol in each.symbols]
    return {
        "files": len(files),
        "files_partial": sum(each.parse_status is ParseStatus.PARTIAL for each in facts),
        "files_failed": sum(each.parse_status is ParseStatus.FAILED for each in facts),
        "files_test": sum(each.is_test for each in facts),
        "files_generated": sum(each.is_generated for each in facts),
        "symbols": len(kinds),
        **{f"symbols_{kind}": kinds.count(kind) for kind in SymbolKind},
    }


def _sums(values: Iterable[Mapping[str, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for each in values:
        for name, value in each.items():
            found[name] = found.get(name, 0) + value
    return found


def _function_values(files: Sequence[MeasuredFile]) -> Iterator[Mapping[str, float]]:
    for file in files:
        for symbol, values in zip(file.facts.symbols, file.symbol_values, strict=True):
            if is_callable(symbol):
                yield values


def _spreads(values: Sequence[Mapping[str, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name in sorted({name for each in values for name in each}):
        column = [each[name] for each in values if name in each]
        found[f"{name}_mean"] = round(fmean(column), 4)
        found[f"{name}_max"] = max(column)
    return found


def _edges(linkages: Mapping[str, Linkage]) -> dict[str, float]:
    if not linkages:
        return {}
    found = fans(linkages)
    resolved = sum(linkage.resolved for linkage in linkages.values())
    unresolved = sum(linkage.unresolved for linkage in linkages.values())
    return {
        "edges": sum(len(linkage.edges) for linkage in linkages.values()),
        "sites_resolved": resolved,
        "sites_unresolved": unresolved,
        "fan_in_max": max((fan_in for fan_in, _ in found.values()), default=0),
        "fan_out_max": max((fan_out for _, fan_out in found.values()), default=0),
    }
