"""Relations between symbols, read from graph_sitter's graph and joined to ours by path and byte."""

from collections import Counter
from collections.abc import Mapping, Sequence

from graph_sitter_db.extract.builtin_names import is_builtin
from graph_sitter_db.extract.graph import Graph
from graph_sitter_db.extract.occurrences import Occurrence, occurrences
from graph_sitter_db.extract.outline import Outline, outline
from graph_sitter_db.extract.summaries import codebase_summary
from graph_sitter_db.extract.targets import Target
from graph_sitter_db.extract.tolerance import tolerant
from graph_sitter_db.model.facts import FileFacts
from graph_sitter_db.model.keys import EdgeKind, Family, ParseStatus
from graph_sitter_db.model.names import bounded
from graph_sitter_db.model.relations import Edge, Linkage, Relations


def relations(graph: Graph, facts: Mapping[str, FileFacts]) -> Relations:
    """The outgoing edges of every file in `facts`, and how many of its sites have one.

    `resolved` and `unresolved` count calls, imports and base classes. Resolved ones have an edge,
    to the codebase or to a module outside it. Unresolved ones that name a builtin of the language
    (`print`, `console.log`, `Error`) count as neither.
    """
    read = {
        path: each for path, each in facts.items() if each.parse_status is not ParseStatus.SKIPPED
    }
    return related(graph, {path: outline(each) for path, each in read.items()})


def related(graph: Graph, outlines: Mapping[str, Outline]) -> Relations:
    context = graph.codebase.ctx
    by_path: dict[str, list[Occurrence]] = {path: [] for path in outlines}
    with tolerant(graph.failures):  # a few imports are resolved anew
        for occurrence in occurrences(context, outlines):
            by_path[occurrence.path].append(occurrence)
    return Relations(
        linkages={
            path: _linkage(outlines[path], found, graph.family)
            for path, found in sorted(by_path.items())
        },
        failures=tuple(sorted(set(graph.failures), key=str)),
        node_count=context._graph.num_nodes(),
        edge_count=context._graph.num_edges(),
        summary=codebase_summary(graph.codebase),
    )


def _linkage(outline: Outline, found: Sequence[Occurrence], family: Family) -> Linkage:
    counts: Counter[tuple[EdgeKind, str, Target]] = Counter()
    lines: dict[tuple[EdgeKind, str, Target], int] = {}
    for each in found:
        relation = (each.kind, each.source, each.target)
        counts[relation] += 1
        lines[relation] = min(each.line, lines.get(relation, each.line))
    edges = sorted(
        Edge(
            kind=kind,
            source=source,
            target_path=target.path,
            target=target.key,
            external=bounded(target.external),
            count=count,
            first_line=lines[kind, source, target],
        )
        for (kind, source, target), count in counts.items()
    )
    resolved, unresolved = _resolution(outline, found, family)
    return Linkage(outline.path, tuple(edges), resolved, unresolved)


def _resolution(outline: Outline, found: Sequence[Occurrence], family: Family) -> tuple[int, int]:
    reached = {(each.kind.value, each.start) for each in found}
    resolved = unresolved = 0
    for site in outline.sites:
        if (site.kind, site.byte) in reached:
            resolved += 1
        elif not is_builtin(site.name, family):
            unresolved += 1
    return resolved, unresolved
