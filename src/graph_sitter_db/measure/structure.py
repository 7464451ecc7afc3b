"""What needs the whole codebase: its graph, and the metrics of it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from graph_sitter_db.measure._measure import checked
from graph_sitter_db.measure.imports import lines_on_import
from graph_sitter_db.model.duplication import Duplication
from graph_sitter_db.model.facts import FileFacts, MeasuredFile
from graph_sitter_db.model.keys import CLASSES, EdgeKind, Rollup, Scope
from graph_sitter_db.model.ports import Metric
from graph_sitter_db.model.relations import Edge, Failure, Linkage
from graph_sitter_db.model.structure import ModuleGraph, Place, Structure


def structure(
    files: Sequence[MeasuredFile],
    linkages: Mapping[str, Linkage],
    metrics: Sequence[Metric] | None = None,
    failures: list[Failure] | None = None,
    duplication: Duplication | None = None,
) -> Structure:
    """The graph and the values of all metrics of it, fractions with six digits. Without `metrics`:
    the built-in ones.

    A metric that raises or gives no finite number costs its own values; `failures` gets why.
    """
    if metrics is None:
        from graph_sitter_db.measure.metrics import METRICS

        metrics = METRICS
    failed: list[Failure] = [] if failures is None else failures
    graph = replace(
        module_graph(files, linkages), duplicated=duplication.lines if duplication else {}
    )
    values: dict[Place, dict[str, float]] = defaultdict(dict)
    for metric in metrics:
        for place, value in _of_graph(metric, graph, failed):
            values[place][metric.name] = value
    return Structure(graph, dict(sorted(values.items())), _totals(graph, values, metrics))


def module_graph(files: Sequence[MeasuredFile], linkages: Mapping[str, Linkage]) -> ModuleGraph:
    known = {file.path: file for file in files}
    code = {path for path, file in known.items() if not file.facts.is_test}
    edges = {path: _edges(path, linkages, known) for path in known}
    others = {p: {e.target_path for e in found} - {p} for p, found in edges.items()}
    imports = {p: _imports(p, file.facts, edges[p]) for p, file in known.items()}
    return ModuleGraph(
        files=known,
        dependencies={path: frozenset(others[path] & code) for path in sorted(code)},
        imports=imports,
        cycles=_cycles(imports),
        parents=dict(_parents(known, edges)),
    )


def _of_graph(
    metric: Metric, graph: ModuleGraph, failed: list[Failure]
) -> list[tuple[Place, float]]:
    try:
        found = [(p, checked(v)) for p, v in metric.of_graph(graph)] if metric.of_graph else []
    except Exception as error:  # whatever a stranger's metric does
        failed.append(Failure("", "metric", metric.name, f"{type(error).__name__}: {error}"))
        return []
    return [(place, _rounded(value)) for place, value in found if value is not None]


def _totals(
    graph: ModuleGraph, values: Mapping[Place, Mapping[str, float]], metrics: Sequence[Metric]
) -> dict[str, float]:
    """The sum, the mean or the maximum, as a metric's roll-up says, over all that has a value:
    under the metric's own name, and as `<metric>_mean` or `<metric>_max`.
    """
    totals: dict[str, float] = {
        "import_cycles": len(graph.cycles),
        "import_cycle_files": sum(map(len, graph.cycles)),
    }
    for metric in metrics:
        of_metric = [
            each[metric.name]
            for place, each in values.items()
            if place.scope is metric.scope and metric.of_graph and metric.name in each
        ]
        if of_metric and metric.rollup is Rollup.MEAN:
            totals[metric.name] = totals[f"{metric.name}_mean"] = round(fmean(of_metric), 4)
        elif of_metric and metric.rollup is Rollup.SUM:
            totals[metric.name] = sum(of_metric)
        elif of_metric:
            totals[metric.name] = totals[f"{metric.name}_max"] = max(of_metric)
    return totals


def _rounded(value: float) -> float:
    return value if value == round(value) else float(f"{value:.6g}")


def _edges(
    path: str, linkages: Mapping[str, Linkage], known: Mapping[str, MeasuredFile]
) -> list[Edge]:
    """A file's relations inside the codebase."""
    edges = linkages[path].edges if path in linkages else ()
    return [edge for edge in edges if edge.target_path in known]


def _imports(path: str, facts: FileFacts, edges: Sequence[Edge]) -> frozenset[str]:
    imports = [e for e in edges if e.kind is EdgeKind.IMPORT and e.target_path != path]
    at_once = lines_on_import(facts, [edge.first_line for edge in imports])
    return frozenset(edge.target_path for edge in imports if edge.first_line in at_once)


def _cycles(imports: Mapping[str, frozenset[str]]) -> tuple[frozenset[str], ...]:
    # Here because it takes 0.1 s to load, which commands that only ask for metrics need not pay.
    from rustworkx import PyDiGraph, strongly_connected_components

    paths = sorted(imports)
    number = {path: index for index, path in enumerate(paths)}
    graph: PyDiGraph[str, None] = PyDiGraph()
    graph.add_nodes_from(paths)
    graph.add_edges_from_no_data([(number[a], number[b]) for a in paths for b in imports[a]])
    found = (frozenset(paths[n] for n in each) for each in strongly_connected_components(graph))
    return tuple(sorted((each for each in found if len(each) > 1), key=sorted))


def _parents(
    files: Mapping[str, MeasuredFile], edges: Mapping[str, Sequence[Edge]]
) -> Iterator[tuple[Place, frozenset[Place]]]:
    for path, file in files.items():
        found: dict[str, set[Place]] = defaultdict(set)
        for edge in edges[path]:
            if edge.kind is EdgeKind.INHERIT:
                found[edge.source].add(Place(Scope.SYMBOL, edge.target_path, edge.target))
        for symbol in file.facts.symbols:
            if symbol.kind in CLASSES:
                itself = Place(Scope.SYMBOL, path, symbol.key)
                yield itself, frozenset(found[symbol.key] - {itself})
