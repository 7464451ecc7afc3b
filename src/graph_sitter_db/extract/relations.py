"""Relations between symbols, read from graph_sitter's graph and joined to ours by path and byte.

An edge says that a name in one symbol's source resolves to another symbol, a file or a module
outside. graph_sitter's graph also holds what it met while inferring types (the class of the value
that a name was assigned); those are left out: the name used and the target's must agree.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph_sitter_db.extract.builtin_names import is_builtin
from graph_sitter_db.extract.graph import Graph
from graph_sitter_db.extract.outline import Outline, Span, outline
from graph_sitter_db.extract.summaries import codebase_summary
from graph_sitter_db.extract.targets import Target, Targets
from graph_sitter_db.extract.tolerance import tolerant
from graph_sitter_db.extract.uses import Use, use
from graph_sitter_db.model.facts import FileFacts
from graph_sitter_db.model.keys import EdgeKind, Family, ParseStatus
from graph_sitter_db.model.relations import Edge, Linkage, Relations


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place in one file that relates to one target."""

    path: str
    kind: EdgeKind
    source: str
    target: Target
    start: int
    line: int


def relations(graph: Graph, facts: Mapping[str, FileFacts]) -> Relations:
    """The outgoing edges of every file in `facts`, and how many of its sites have one.

    `resolved` and `unresolved` count calls, imports and base classes. Resolved ones have an edge,
    to the codebase or to a module outside it. Unresolved ones that name a builtin of the language
    (`print`, `console.log`, `Error`) count as neither.
    """
    read = {p: outline(f) for p, f in facts.items() if f.parse_status is not ParseStatus.SKIPPED}
    return related(graph, read)


def related(graph: Graph, outlines: Mapping[str, Outline]) -> Relations:
    context = graph.codebase.ctx
    with tolerant(graph.failures):  # a few imports are resolved anew
        found = _occurrences(context, outlines)
        # A user's own graph may hold files that were left out.
        known = (each for each in found if not each.target.path or each.target.path in outlines)
        occurrences = dict.fromkeys(known)
    by_path: dict[str, list[Occurrence]] = {path: [] for path in outlines}
    for occurrence in occurrences:
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


def _occurrences(context: Any, outlines: Mapping[str, Outline]) -> Iterator[Occurrence]:
    targets = Targets(context, outlines)
    yield from _uses(context, outlines, targets)
    yield from _imports(context, outlines, targets)
    yield from _reexports(context, outlines, targets)


def _uses(context: Any, outlines: Mapping[str, Outline], targets: Targets) -> Iterator[Occurrence]:
    from graph_sitter.core.dataclasses.usage import UsageKind
    from graph_sitter.enums import EdgeType, NodeType

    graph, seen = context._graph, dict[int, Use]()
    bases = {path: _starts(each, "inherit") for path, each in outlines.items()}
    for source, target, edge in graph.weighted_edge_list():
        user = graph[source]
        if edge.type != EdgeType.SYMBOL_USAGE or user.node_type in (
            NodeType.IMPORT,
            NodeType.EXPORT,
        ):
            continue
        path, match = str(user.filepath), edge.usage.match
        known = outlines.get(path)
        if known is None:
            continue
        if id(match) not in seen:
            seen[id(match)] = use(match)
        place = seen[id(match)]
        if not _agrees(place, graph[target], targets.name(target), edge.usage):
            continue
        found = targets.of(target)
        if found is None or place.is_closing or (place.is_qualifier and found.is_module):
            continue
        at = user.ts_node.start_byte if edge.usage.kind == UsageKind.DECORATOR else place.start
        around = known.around(at)
        if found.is_member and not place.is_dotted and not _is_body_of(around, found):
            found = targets.by_name(path, place.name)
            if found is None:
                continue
        if around and place.is_own and _is_inside(known, around, found):
            continue
        occurrence = Occurrence(
            path=path,
            kind=_kind(place, found, bases[path]),
            source=around.key if around else "",
            target=found,
            start=place.start,
            line=place.line,
        )
        if not _is_pointless(occurrence):
            yield occurrence


def _agrees(place: Use, node: Any, name: str | None, usage: Any) -> bool:
    """Whether a node is what the name used stands for, not merely met while inferring its type."""
    from graph_sitter.core.dataclasses.usage import UsageType
    from graph_sitter.enums import NodeType

    if node.node_type == NodeType.FILE:
        return False
    if node.node_type == NodeType.EXTERNAL:
        return place.is_dotted and usage.usage_type == UsageType.CHAINED
    return bool(name) and name in (place.name, place.text)


def _kind(place: Use, found: Target, bases: frozenset[int]) -> EdgeKind:
    if found.is_file:  # the name itself was not found in it
        return EdgeKind.REFERENCE
    if place.is_call:
        return EdgeKind.CALL
    if place.start in bases and not place.is_qualifier:
        return EdgeKind.INHERIT
    return EdgeKind.REFERENCE


def _is_body_of(around: Span | None, member: Target) -> bool:
    """Whether code stands in the body of the class itself, where its methods have bare names."""
    return around is not None and member.key.rpartition(".")[0] == around.key


def _is_inside(known: Outline, around: Span, found: Target) -> bool:
    """Whether a symbol stands in the one found: `self.x` in a method is no use of its class."""
    span: Span | None = around
    while span is not None:
        if (known.path, span.key) == (found.path, found.key):
            return True
        span = known.parent(span)
    return False


def _is_pointless(occurrence: Occurrence) -> bool:
    """A symbol that merely mentions itself, or a module that does."""
    target = occurrence.target
    is_self = (target.path, target.key) == (occurrence.path, occurrence.source)
    return is_self and (occurrence.kind is not EdgeKind.CALL or not occurrence.source)


def _imports(
    context: Any, outlines: Mapping[str, Outline], targets: Targets
) -> Iterator[Occurrence]:
    for path, indices in targets.imports.items():
        known = outlines.get(path)
        for index in indices if known else ():
            found = targets.of(index)
            node = context._graph[index]
            if known is None or found is None or node.ts_node.type == "future_import_statement":
                continue
            name = (node.symbol_name or node.module or node).ts_node
            start, line = name.start_byte, name.start_point[0] + 1
            if node.is_wildcard_import():
                start = _star(known, node.ts_node) or start
            around = known.around(start)
            yield Occurrence(
                path, EdgeKind.IMPORT, around.key if around else "", found, start, line
            )


def _star(known: Outline, statement: Any) -> int | None:
    """Where the `*` of an import of everything stands, which graph_sitter does not say."""
    start, end = statement.start_byte, statement.end_byte
    stars = (s.byte for s in known.sites if s.kind == "import" and start <= s.byte < end)
    return next(stars, None)


def _reexports(
    context: Any, outlines: Mapping[str, Outline], targets: Targets
) -> Iterator[Occurrence]:
    """Exports of what another file defines; a symbol's own file says that it is exported."""
    from graph_sitter.enums import NodeType

    for index in context._graph.node_indices():
        node = context._graph[index]
        path = str(node.filepath)
        if node.node_type != NodeType.EXPORT or path not in outlines:
            continue
        found = targets.of(index)
        if found is not None and found.path != path:
            start, line = node.ts_node.start_byte, node.ts_node.start_point[0] + 1
            yield Occurrence(path, EdgeKind.EXPORT, "", found, start, line)


def _linkage(outline: Outline, found: Sequence[Occurrence], family: Family) -> Linkage:
    counts = Counter((o.kind, o.source, o.target) for o in found)
    lines: dict[tuple[EdgeKind, str, Target], int] = {}
    for o in found:
        key = (o.kind, o.source, o.target)
        lines[key] = min(o.line, lines.get(key, o.line))
    edges = sorted(
        Edge(kind, source, target.path, target.key, target.external, count, lines[each])
        for each, count in counts.items()
        for kind, source, target in (each,)
    )
    resolved, unresolved = _resolution(outline, found, family)
    return Linkage(outline.path, tuple(edges), resolved, unresolved)


def _resolution(outline: Outline, found: Sequence[Occurrence], family: Family) -> tuple[int, int]:
    reached = {(o.kind.value, o.start) for o in found}
    resolved = unresolved = 0
    for site in outline.sites:
        if (site.kind, site.byte) in reached:
            resolved += 1
        elif not is_builtin(site.name, family):
            unresolved += 1
    return resolved, unresolved


def _starts(outline: Outline, kind: str) -> frozenset[int]:
    return frozenset(site.byte for site in outline.sites if site.kind == kind)
