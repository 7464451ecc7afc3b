"""Every place where a name in the codebase is known to stand for something.

graph_sitter's graph also holds what it met while inferring types (the class of the value that a
name was assigned); that is left out: the name used and the name of what it stands for must agree.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graph_sitter_db.extract.outline import Outline, Span
from graph_sitter_db.extract.targets import Target, Targets
from graph_sitter_db.extract.uses import Use, use
from graph_sitter_db.extract.visibility import Visibility
from graph_sitter_db.model.facts import Site
from graph_sitter_db.model.keys import EdgeKind


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place in one file that relates to one target."""

    path: str
    kind: EdgeKind
    source: str  # symbol key
    target: Target
    start: int
    line: int


def occurrences(context: Any, outlines: Mapping[str, Outline]) -> list[Occurrence]:
    """Each once; of a graph_sitter context, for the files that have an outline."""
    reader = _Reader(context, outlines)
    found = dict.fromkeys(reader.uses())
    found.update(dict.fromkeys(reader.imports()))
    found.update(dict.fromkeys(reader.reexports()))
    found.update(dict.fromkeys(reader.bases(found)))
    return list(found)


class _Reader:
    def __init__(self, context: Any, outlines: Mapping[str, Outline]) -> None:
        from graph_sitter.enums import EdgeType, NodeType

        self._types = NodeType
        self._usage = EdgeType.SYMBOL_USAGE
        self._graph = context._graph
        self._outlines = outlines
        self._targets = Targets(context, outlines)
        self._visibility = Visibility(self._targets, outlines, self._roots())
        self._sites = {path: _by_byte(each) for path, each in outlines.items()}
        self._seen: dict[int, Use] = {}  # by identity of graph_sitter's match
        self._users: dict[int, Outline | None] = {}

    def uses(self) -> Iterator[Occurrence]:
        from graph_sitter.core.dataclasses.usage import UsageKind

        decorator, met = UsageKind.DECORATOR, set()
        for source, target, edge in self._graph.weighted_edge_list():
            if edge.type != self._usage:
                continue
            usage = edge.usage
            # A symbol uses what is in it, and so do the symbols around it: the graph says it often.
            decorated = source if usage.kind == decorator else None
            if (key := (id(usage.match), target, usage.usage_type, decorated)) in met:
                continue
            met.add(key)
            if (outline := self._outline_of(source)) is None:
                continue
            place = self._place(usage.match)
            if self._agrees(place, target, usage):
                at = place.start if decorated is None else self._graph[source].ts_node.start_byte
                yield from self._use(outline, place, target, int(at))

    def imports(self) -> Iterator[Occurrence]:
        for path, indices in self._targets.imports.items():
            outline = self._outlines.get(path)
            if outline is None:
                continue
            for index in indices:
                node, found = self._graph[index], self._targets.of(index)
                if found and node.ts_node.type != "future_import_statement":
                    start, line = self._import_site(path, node)
                    yield _occurrence(outline, EdgeKind.IMPORT, found, start, line)

    def reexports(self) -> Iterator[Occurrence]:
        """Exports of what another file defines; a symbol's own file says that it is exported."""
        for index in self._graph.node_indices():
            node = self._graph[index]
            path = str(node.filepath)
            if node.node_type != self._types.EXPORT or path not in self._outlines:
                continue
            found = self._targets.of(index)
            if found is not None and found.path != path:
                line = node.ts_node.start_point[0] + 1
                yield Occurrence(path, EdgeKind.EXPORT, "", found, node.ts_node.start_byte, line)

    def bases(self, known: Mapping[Occurrence, None]) -> Iterator[Occurrence]:
        """Base classes that graph_sitter has no usage of, like `a.B<T>`, looked up by name."""
        reached = {(each.path, each.start) for each in known if each.kind is EdgeKind.INHERIT}
        for path, outline in self._outlines.items():
            for site in outline.sites:
                if site.kind == "inherit" and (path, site.byte) not in reached:
                    found = self._targets.by_dotted_name(path, _without_arguments(site.name))
                    if found is not None and not found.is_file:
                        yield _occurrence(outline, EdgeKind.INHERIT, found, site.byte, site.line)

    def _use(self, outline: Outline, place: Use, index: int, at: int) -> Iterator[Occurrence]:
        if self._targets.is_left_out(index):
            found = self._visibility.outside(outline.path, place)
        else:
            found = self._targets.of(index)
        around = outline.around(at)
        if found and found.is_member and not place.is_dotted and not _is_body_of(around, found):
            found = self._targets.by_name(outline.path, place.name)
        found = self._visibility.seen(outline.path, place, found)
        if found is None or place.is_closing or (place.is_qualifier and found.is_module):
            return
        if around and place.is_own and _is_inside(outline, around, found):
            return
        source = around.key if around else ""
        kind = self._kind(outline.path, place, found)
        occurrence = Occurrence(outline.path, kind, source, found, place.start, place.line)
        if not _is_pointless(occurrence):
            yield occurrence

    def _roots(self) -> dict[str, Any]:
        nodes = (self._graph[index] for index in self._graph.node_indices())
        files = (node for node in nodes if node.node_type == self._types.FILE)
        return {str(file.filepath): file.ts_node for file in files}

    def _outline_of(self, user: int) -> Outline | None:
        """That of a node's file; None for statements, which use what the symbols say they use."""
        if user not in self._users:
            node = self._graph[user]
            is_statement = node.node_type in (self._types.IMPORT, self._types.EXPORT)
            self._users[user] = None if is_statement else self._outlines.get(str(node.filepath))
        return self._users[user]

    def _place(self, match: Any) -> Use:
        if id(match) not in self._seen:
            self._seen[id(match)] = use(match)
        return self._seen[id(match)]

    def _agrees(self, place: Use, index: int, usage: Any) -> bool:
        """Whether a node is what the name stands for, not merely met while inferring its type."""
        from graph_sitter.core.dataclasses.usage import UsageType

        kind = self._graph[index].node_type
        if kind == self._types.FILE:
            return False
        if kind == self._types.EXTERNAL:
            return place.is_dotted and usage.usage_type == UsageType.CHAINED
        name = self._targets.name(index)
        return bool(name) and name in (place.name, place.text)

    def _kind(self, path: str, place: Use, found: Target) -> EdgeKind:
        if found.is_file:  # the name itself was not found in it
            return EdgeKind.REFERENCE
        if place.is_call:
            return EdgeKind.CALL
        is_base = ("inherit", place.start) in self._sites[path] and not place.is_qualifier
        return EdgeKind.INHERIT if is_base else EdgeKind.REFERENCE

    def _import_site(self, path: str, node: Any) -> tuple[int, int]:
        """Where the name imported stands. graph_sitter does not say for `*` and for `import()`."""
        name = (node.symbol_name or node.module or node).ts_node
        sites = self._sites[path]
        if ("import", name.start_byte) not in sites:
            start, end = node.ts_node.start_byte, node.ts_node.end_byte
            for site in self._outlines[path].sites:
                if site.kind == "import" and start <= site.byte < end:
                    return site.byte, site.line
        return name.start_byte, name.start_point[0] + 1


def _by_byte(outline: Outline) -> dict[tuple[str, int], Site]:
    return {(site.kind, site.byte): site for site in outline.sites}


def _occurrence(
    outline: Outline, kind: EdgeKind, found: Target, start: int, line: int
) -> Occurrence:
    around = outline.around(start)
    return Occurrence(outline.path, kind, around.key if around else "", found, start, line)


def _is_body_of(around: Span | None, member: Target) -> bool:
    """Whether code stands in the body of the class itself, where its methods have bare names."""
    return around is not None and member.key.rpartition(".")[0] == around.key


def _is_inside(outline: Outline, around: Span, found: Target) -> bool:
    """Whether a symbol stands in the one found: `self.x` in a method is no use of its class."""
    span: Span | None = around
    while span is not None:
        if (outline.path, span.key) == (found.path, found.key):
            return True
        span = outline.parent(span)
    return False


def _is_pointless(occurrence: Occurrence) -> bool:
    """A symbol that merely mentions itself, or a module that does."""
    target = occurrence.target
    is_self = (target.path, target.key) == (occurrence.path, occurrence.source)
    return is_self and (occurrence.kind is not EdgeKind.CALL or not occurrence.source)


def _without_arguments(name: str) -> str:
    return name.partition("<")[0].partition("[")[0].strip()
