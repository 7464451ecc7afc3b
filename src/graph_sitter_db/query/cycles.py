"""Import cycles that opened, closed or changed between two runs."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg import Connection

from graph_sitter_db.model.reports import CycleChange, DependencyChange
from graph_sitter_db.query.moved import Known
from graph_sitter_db.query.named import ask

type Cycle = frozenset[str]


def changed_cycles(
    conn: Connection[Any],
    run_a: UUID,
    run_b: UUID,
    dependencies: Sequence[DependencyChange],
    known: Known | None = None,
) -> list[CycleChange]:
    """Those of one run that share no file with one of the other opened, or closed."""
    names = {each.before: each.after for each in known.files} if known else {}
    before, after = _cycles(conn, run_a, names), _cycles(conn, run_b, {})
    found = [*_opened(before, after), *_closed(before, after)]
    return [
        each.model_copy(update={"through": _through(each, dependencies)})
        for each in sorted(found, key=lambda cycle: (cycle.change != "opened", cycle.files))
    ]


def _opened(before: Sequence[Cycle], after: Sequence[Cycle]) -> Iterator[CycleChange]:
    for cycle in after:
        old = [each for each in before if each & cycle]
        if not old:
            yield CycleChange(change="opened", files=sorted(cycle))
        elif old != [cycle]:
            was = frozenset().union(*old)
            yield CycleChange(
                change="changed",
                files=sorted(cycle),
                joined=sorted(cycle - was),
                left=sorted(was - cycle),
            )


def _closed(before: Sequence[Cycle], after: Sequence[Cycle]) -> Iterator[CycleChange]:
    for cycle in before:
        if not any(cycle & each for each in after):
            yield CycleChange(change="closed", files=sorted(cycle))


def _through(
    cycle: CycleChange, dependencies: Sequence[DependencyChange]
) -> list[DependencyChange]:
    wanted = "stopped" if cycle.change == "closed" else "started"
    inside = {*cycle.files}
    return [
        each
        for each in dependencies
        if each.change == wanted and {each.source, each.target} <= inside
    ]


def _cycles(conn: Connection[Any], run: UUID, names: Mapping[str, str]) -> list[Cycle]:
    """By the names of `names`. Recording found which files are in a cycle, and how large it is;
    which of them are in the same one, the imports between them tell.
    """
    imports: dict[str, set[str]] = defaultdict(set)
    for row in ask(conn, "import_cycle_edges", run=run):
        source, target = (names.get(path, path) for path in (row["source"], row["target"]))
        imports[source].add(target)
    ahead = {path: _reached(path, imports) for path in imports}
    cycles = {
        frozenset(other for other in reached if path in ahead.get(other, ()))
        for path, reached in ahead.items()
    }
    return sorted((cycle for cycle in cycles if len(cycle) > 1), key=sorted)


def _reached(start: str, imports: Mapping[str, set[str]]) -> set[str]:
    found, waiting = {start}, [start]
    while waiting:
        for path in imports.get(waiting.pop(), set()) - found:
            found.add(path)
            waiting.append(path)
    return found
