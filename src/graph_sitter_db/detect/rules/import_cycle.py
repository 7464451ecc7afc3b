"""Files that import each other in a circle."""

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence

from graph_sitter_db.detect.cuts import EXACT, Edge, cut
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Codebase, Effort, Example, Limits, Rule

type Graph = Mapping[str, frozenset[str]]


def check(codebase: Codebase, limits: Limits) -> Iterator[Finding]:
    """One finding for each group of files that all reach each other, at the first of them. It names
    the imports whose removal leaves no circle; up to 12 files, the ones with the fewest uses of one
    file by another.
    """
    graph = codebase.structure.graph
    for files in graph.cycles:
        if len(files) > limits["files"]:
            yield _finding(sorted(files), graph.imports, _uses(codebase, files), limits["files"])


def _uses(codebase: Codebase, files: frozenset[str]) -> Counter[Edge]:
    """How often one file names things of another: what has to change to part them."""
    uses: Counter[Edge] = Counter()
    for path in files:
        for edge in codebase.linkages[path].edges:
            uses[path, edge.target_path] += edge.count
    return uses


def _finding(files: Sequence[str], imports: Graph, uses: Counter[Edge], limit: float) -> Finding:
    cuts = cut({(a, b): uses[a, b] for a in files for b in imports[a] & set(files)})
    source, target = cuts[0]
    circle = [source, *_way(target, source, imports, frozenset(files))]
    return Finding(
        path=files[0],
        message=f"{len(files)} files import each other in a circle (limit {limit:g}): "
        f"{_listed(files)}. {_advice(cuts, uses, circle, len(files))}",
        start_line=1,
        end_line=1,
        measured=len(files),
        limit=limit,
        gap=len(files),
        data={"files": list(files), "cut": [list(edge) for edge in cuts], "circle": circle},
    )


def _advice(cuts: Sequence[Edge], uses: Counter[Edge], circle: Sequence[str], size: int) -> str:
    """What to cut: one import where that is enough, else all that it takes."""
    told = [f"{a} → {b} ({_counted(uses[a, b])})" for a, b in cuts]
    how = "Cheapest" if size <= EXACT else "Cheap"
    if len(told) == 1:
        return f"{how} to cut: {told[0]}, in the circle {' → '.join(circle)}"
    total = sum(uses[edge] for edge in cuts)
    return (
        f"{how} to cut, for there is more than one circle: {_listed(told, 4)}; "
        f"{len(cuts)} imports with {_counted(total)} in all"
    )


def _counted(uses: int) -> str:
    return f"{uses} use" if uses == 1 else f"{uses} uses"


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
