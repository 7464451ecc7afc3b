"""What graph_sitter's nodes are, in terms of our symbols, files and modules outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from graph_sitter_db.extract.outline import Outline, Span
from graph_sitter_db.model.keys import SymbolKind

_MEMBERS = frozenset({SymbolKind.METHOD, SymbolKind.PROPERTY})
_FUNCTIONS = _MEMBERS | {SymbolKind.FUNCTION}


@dataclass(frozen=True, slots=True)
class Target:
    """A symbol (path and key), a file (path alone) or a module outside (external)."""

    path: str = ""
    key: str = ""
    external: str = ""
    is_member: bool = field(default=False, compare=False)  # a method: no bare name reaches it

    @property
    def is_module(self) -> bool:
        return not self.key

    @property
    def is_file(self) -> bool:
        return bool(self.path) and not self.key


class Targets:
    """Resolves nodes, following imports and exports to what they stand for.

    Where graph_sitter follows an import to a file only, as it does for names that reach it by a
    wildcard import and for abstract classes, the file's own symbols decide.
    """

    def __init__(self, context: Any, outlines: Mapping[str, Outline]) -> None:
        from graph_sitter.enums import EdgeType, NodeType

        self._graph = context._graph
        self._outlines = outlines
        self._types = NodeType
        self._resolution: dict[int, int] = {}
        self._exported: dict[int, int] = {}
        self._imported: dict[int, list[int]] = {}
        self._known: dict[int, Target | None] = {}
        self._names: dict[int, str | None] = {}
        self._found: dict[tuple[str, str], Target | None] = {}
        self._local_imports: dict[str, dict[str, list[tuple[Span, int]]]] = {}
        for source, target, edge in self._graph.weighted_edge_list():
            if edge.type == EdgeType.IMPORT_SYMBOL_RESOLUTION:
                self._resolution.setdefault(source, target)
            elif edge.type == EdgeType.EXPORT:
                self._exported.setdefault(source, target)
            elif edge.type == EdgeType.SYMBOL_USAGE and self._is_import(source):
                self._imported.setdefault(source, []).append(target)

    def of(self, index: int) -> Target | None:
        """None when it leads nowhere, or to something local to one function."""
        if index not in self._known:
            self._known[index] = self._follow(index, set())
        return self._known[index]

    def by_name(self, path: str, name: str) -> Target | None:
        """What a name stands for at a file's own level."""
        key = (path, name)
        if key not in self._found:
            self._found[key] = self._by_name(path, name, set())
        return self._found[key]

    def by_dotted_name(self, path: str, name: str) -> Target | None:
        """The same for `a.b`, where `a` is a module imported there."""
        qualifier, _, last = name.rpartition(".")
        if not qualifier:
            return self.by_name(path, name)
        module = self.by_name(path, qualifier)
        if module is None:
            return None
        if module.external:
            return Target(external=f"{module.external}.{last}")
        return self.by_name(module.path, last) if module.is_file else None

    def name(self, index: int) -> str | None:
        """A node's name, which graph_sitter takes its time to tell."""
        if index not in self._names:
            self._names[index] = self._graph[index].name
        return self._names[index]

    @cached_property
    def has_left_out(self) -> bool:
        return any(self.is_left_out(index) for index in self._graph.node_indices())

    def is_left_out(self, index: int) -> bool:
        """Whether a node is of a file of the codebase that is not to be looked at."""
        node = self._graph[index]
        return node.node_type != self._types.EXTERNAL and str(node.filepath) not in self._outlines

    @cached_property
    def imports(self) -> dict[str, list[int]]:
        """Import nodes by file."""
        found: dict[str, list[int]] = {}
        for index in self._graph.node_indices():
            if self._is_import(index):
                found.setdefault(str(self._graph[index].filepath), []).append(index)
        return found

    @cached_property
    def _wildcards(self) -> dict[str, list[int]]:
        return {
            path: [i for i in indices if self._graph[i].is_wildcard_import()]
            for path, indices in self.imports.items()
        }

    def local_imports(self, path: str) -> Mapping[str, Sequence[tuple[Span, int]]]:
        """By the name they bind: imports inside functions, each with its innermost function."""
        if path not in self._local_imports:
            found: dict[str, list[tuple[Span, int]]] = {}
            for index in self.imports.get(path, ()):
                if span := self._function_around(path, index):
                    found.setdefault(self.name(index) or "", []).append((span, index))
            self._local_imports[path] = found
        return self._local_imports[path]

    def _function_around(self, path: str, index: int) -> Span | None:
        outline = self._outlines.get(path)
        span = outline.around(self._graph[index].ts_node.start_byte) if outline else None
        while outline and span and span.kind not in _FUNCTIONS:
            span = outline.parent(span)
        return span

    def _is_import(self, index: int) -> bool:
        return bool(self._graph[index].node_type == self._types.IMPORT)

    def _follow(self, index: int, seen: set[int]) -> Target | None:
        """`seen`: where the search has been, for imports and exports may run in circles."""
        if index in self._known or index in seen:
            return self._known.get(index)
        seen.add(index)
        target = self._resolve(index, seen)
        if target is not None:  # "leads nowhere" may be true of this way round a circle only
            self._known[index] = target
        return target

    def _resolve(self, index: int, seen: set[int]) -> Target | None:
        node = self._graph[index]
        if node.node_type == self._types.IMPORT:
            return self._import(index, node, seen)
        if node.node_type == self._types.EXPORT:
            target = self._exported.get(index)
            return None if target is None else self._follow(target, seen)
        if node.node_type == self._types.EXTERNAL:
            return _external(node)
        if node.node_type == self._types.FILE:
            path = str(node.filepath)
            return Target(path) if path in self._outlines else None
        return self._symbol(index, node)

    def _import(self, index: int, node: Any, seen: set[int]) -> Target | None:
        resolved = self._resolution.get(index)
        if resolved is not None and self.is_left_out(resolved):
            return _outside(node, node._unique_node.source)
        target = _file_asked(node) if resolved is None else self._follow(resolved, seen)
        if target is not None and target.path and target.path not in self._outlines:
            return _outside(node, node._unique_node.source)
        if target is None or not target.path or target.key or not _names_symbol(node, target):
            return target
        return (
            self._definition(index, seen)
            or self._by_name(target.path, node.symbol_name.source, seen)
            or target
        )

    def _definition(self, index: int, seen: set[int]) -> Target | None:
        """The last of the nodes that the imported name passes through, if it is a symbol."""
        for passed in reversed(self._imported.get(index, ())):
            if self._graph[passed].node_type == self._types.SYMBOL:
                return self._follow(passed, seen)
        return None

    def _by_name(self, path: str, name: str, seen: set[int]) -> Target | None:
        outline = self._outlines.get(path)
        if outline is not None and (span := outline.top_level(name)):
            return _target(path, span)
        local = {index for _, index in self.local_imports(path).get(name, ())}
        for index in self.imports.get(path, ()):
            if index not in seen and index not in local and self.name(index) == name:
                return self._follow(index, seen)
        for index in self._wildcards.get(path, ()):
            file = None if index in seen else self.of(index)
            seen.add(index)
            found = self._by_name(file.path, name, seen) if file and file.path else None
            if found:
                return found
        return None

    def _symbol(self, index: int, node: Any) -> Target | None:
        path = str(node.filepath)
        outline = self._outlines.get(path)
        name = self.name(index)
        if outline is None or name is None:
            return None
        start, end = node.ts_node.start_byte, node.ts_node.end_byte
        span = outline.named(name, start, end) or _holder(outline, node, start)
        return _target(path, span) if span else None


def _target(path: str, span: Span) -> Target:
    return Target(path, span.key, is_member=span.kind in _MEMBERS)


def _holder(outline: Outline, node: Any, start: int) -> Span | None:
    """The class that an attribute belongs to; None for what is local to a function."""
    around = outline.around(start)
    if around is None or around.kind not in _FUNCTIONS:
        return around
    owner = outline.parent(around)
    is_attribute = node.ts_node.text.startswith((b"self.", b"this."))
    return owner if is_attribute and owner and owner.kind is SymbolKind.CLASS else None


def _file_asked(node: Any) -> Target | None:
    """Of an import without an edge: graph_sitter found the file, but not the name in it."""
    try:
        resolution = node.resolve_import()
    except Exception:  # a failure that building the graph has met before
        return None
    file = resolution.from_file if resolution else None
    return Target(path=str(file.filepath)) if file is not None else None


def _names_symbol(node: Any, target: Target) -> bool:
    """Whether an import asks for something in a file, not for the file."""
    if node.symbol_name is None or node.is_wildcard_import() or _is_module_import(node):
        return False
    if not target.path.endswith(".py"):
        return True
    file = PurePosixPath(target.path)
    module = file.parent.name if file.stem == "__init__" else file.stem
    asked = node.module.source.rpartition(".")[2] if node.module else ""
    return module != node.symbol_name.source or module == asked


def _is_module_import(node: Any) -> bool:
    from graph_sitter.enums import ImportType

    return node.import_type in (ImportType.MODULE, ImportType.WILDCARD, ImportType.SIDE_EFFECT)


def _is_whole(node: Any) -> bool:
    from graph_sitter.enums import ImportType

    return _is_module_import(node) or node.import_type == ImportType.DEFAULT_EXPORT


def _external(node: Any) -> Target | None:
    """None for what names a file of this codebase that is not there."""
    return _outside(node._import, str(node.name or ""))


def _outside(origin: Any, name: str) -> Target | None:
    """What an import names, when its file is none of ours."""
    module = origin.module.source.strip("'\"`") if origin is not None and origin.module else ""
    name = name.strip("'\"`")
    if module.startswith(("./", "../")) or (module.startswith(".") and "/" not in module):
        return None
    if not module or module == name or _is_whole(origin):
        return Target(external=module or name) if module or name else None
    return Target(external=f"{module}.{name}")
