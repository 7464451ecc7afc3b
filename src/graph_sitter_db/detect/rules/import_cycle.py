"""Files that import each other in a circle."""

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence

from graph_sitter_db.detect.imports import lines_on_import
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import EdgeKind, Severity
from graph_sitter_db.model.ports import Codebase, Effort, Example, Limits, Rule

type Graph = Mapping[str, frozenset[str]]


def check(codebase: Codebase, limits: Limits) -> Iterator[Finding]:
    """One finding for each group of files that all reach each other, at the first of them."""
    imports = _imports(codebase)
    for files in _components(imports):
        if len(files) > limits["files"]:
            yield _finding(sorted(files), imports, _uses(codebase, files), limits["files"])


def _imports(codebase: Codebase) -> Graph:
    known = sorted(codebase.linkages.keys() & codebase.files.keys())
    return {path: frozenset(_imported(path, codebase)) for path in known}


def _imported(path: str, codebase: Codebase) -> Iterator[str]:
    edges = [edge for edge in codebase.linkages[path].edges if edge.kind is EdgeKind.IMPORT]
    at_once = lines_on_import(codebase.files[path].facts, [edge.first_line for edge in edges])
    for edge in edges:
        is_inside = edge.target_path in codebase.files and edge.target_path != path
        if is_inside and edge.first_line in at_once:
            yield edge.target_path


def _components(graph: Graph) -> list[frozenset[str]]:
    """Strongly connected components of two and more files."""
    # Here because it takes 0.1 s to load, which commands that only ask for rules need not pay.
    from rustworkx import PyDiGraph, strongly_connected_components

    names = sorted(graph.keys() | {target for targets in graph.values() for target in targets})
    number = {name: index for index, name in enumerate(names)}
    directed = PyDiGraph(multigraph=False)
    directed.add_nodes_from(names)
    directed.add_edges_from_no_data([(number[a], number[b]) for a in graph for b in graph[a]])
    components = (frozenset(names[n] for n in c) for c in strongly_connected_components(directed))
    return sorted((c for c in components if len(c) > 1), key=sorted)


def _uses(codebase: Codebase, files: frozenset[str]) -> Counter[tuple[str, str]]:
    """How often one file names things of another: what has to change to part them."""
    uses: Counter[tuple[str, str]] = Counter()
    for path in files:
        for edge in codebase.linkages[path].edges:
            uses[path, edge.target_path] += edge.count
    return uses


def _finding(
    files: Sequence[str], imports: Graph, uses: Counter[tuple[str, str]], limit: float
) -> Finding:
    edges = [(a, b) for a in files for b in sorted(imports[a] & set(files))]
    source, target = min(edges, key=lambda edge: (uses[edge], edge))
    circle = [source, *_way(target, source, imports, frozenset(files))]
    return Finding(
        path=files[0],
        message=f"{len(files)} files import each other in a circle (limit {limit:g}): "
        f"{_listed(files)}. Cheapest to cut: {source} → {target} "
        f"({uses[source, target]} uses), in the circle {' → '.join(circle)}",
        start_line=1,
        end_line=1,
        measured=len(files),
        limit=limit,
        gap=len(files),
        data={"files": list(files), "cut": [source, target], "circle": circle},
    )


def _way(start: str, end: str, graph: Graph, within: frozenset[str]) -> list[str]:
    """A shortest way, both ends included."""
    before: dict[str, str] = {start: ""}
    queue = deque([start])
    while end not in before:
        here = queue.popleft()
        for there in sorted(graph[here] & within - before.keys()):
            before[there] = here
            queue.append(there)
    way = [end]
    while way[-1] != start:
        way.append(before[way[-1]])
    return way[::-1]


def _listed(files: Sequence[str], most: int = 8) -> str:
    shown = ", ".join(files[:most])
    return f"{shown} and {len(files) - most} more" if len(files) > most else shown


RULE = Rule(
    name="import_cycle",
    title="Files import each other in a circle",
    why=(
        "None of them can be understood, tested or moved without the others, and which one is "
        "imported first decides whether it works. Imports inside functions, under "
        '`if __name__ == "__main__"` and for type checkers only do not count: they break a circle.'
    ),
    category="structure",
    severity=Severity.WARNING,
    limits={"files": 1},
    effort=Effort(constant=30, per_unit=10, unit="file in the circle", source="our estimate"),
    bad=(
        Example(
            files={
                "shop.py": "from bill import total\n\n\ndef price():\n    return total()\n",
                "bill.py": "import shop\n\n\ndef total():\n    return shop.price()\n",
            },
            findings=1,
        ),
        Example(
            files={
                "shop.ts": "import { total } from './bill'\nexport const price = () => total()\n",
                "bill.ts": "import { price } from './shop'\nexport const total = () => price()\n",
            },
            findings=1,
        ),
    ),
    good=(
        Example(
            files={
                "shop.py": "from bill import total\n\n\ndef price():\n    return total()\n",
                "bill.py": "def total():\n    from shop import price\n\n    return price()\n",
            },
            findings=0,
        ),
        Example(
            files={
                "shop.ts": "import { total } from './bill'\n"
                "export type Price = number\n"
                "export const price = () => total()\n",
                "bill.ts": "import type { Price } from './shop'\n"
                "export const total = (): Price => 1\n",
            },
            findings=0,
        ),
    ),
    check_codebase=check,
)
