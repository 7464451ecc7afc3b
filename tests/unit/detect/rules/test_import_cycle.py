from itertools import pairwise, permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph_sitter_db import measure
from graph_sitter_db.detect._detect import Codebase
from graph_sitter_db.detect.rules.import_cycle import RULE, check
from graph_sitter_db.model.facts import MeasuredFile
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import EdgeKind, Family, SymbolKind
from graph_sitter_db.model.relations import Edge, Linkage
from graph_sitter_db.settings import Settings


def edge(target: str, line: int = 1, count: int = 1, kind: EdgeKind = EdgeKind.IMPORT) -> Edge:
    return Edge(kind, "", target, "", "", count, line)


def found(files: dict[str, MeasuredFile], edges: dict[str, list[Edge]]) -> list[Finding]:
    linkages = {path: Linkage(path, tuple(edges.get(path, ()))) for path in files}
    structure = measure.structure([*files.values()], linkages, metrics=())
    codebase = Codebase(files, linkages, Family.PYTHON, Settings(), RULE, structure=structure)
    return list(check(codebase, RULE.limits))


def plain(make: Any, *paths: str) -> dict[str, MeasuredFile]:
    return {path: make.file(path, content=b"import x\n") for path in paths}


def test_a_cycle_of_thirty_files_is_one_finding(make: Any) -> None:
    paths = [f"{n:02}.py" for n in range(30)]
    edges = {a: [edge(b)] for a, b in zip(paths, [*paths[1:], paths[0]], strict=True)}
    [finding] = found(plain(make, *paths), edges)
    assert (finding.path, finding.measured) == ("00.py", 30)
    assert finding.data["files"] == paths
    assert "and 22 more" in finding.message


def test_two_separate_cycles_are_two_findings(make: Any) -> None:
    edges = {"a.py": [edge("b.py")], "b.py": [edge("a.py")]}
    edges |= {"c.py": [edge("d.py"), edge("a.py")], "d.py": [edge("c.py")]}
    findings = found(plain(make, "a.py", "b.py", "c.py", "d.py"), edges)
    assert [finding.path for finding in findings] == ["a.py", "c.py"]


def test_the_edge_with_the_fewest_uses_is_the_cheapest_to_cut(make: Any) -> None:
    edges = {
        "a.py": [edge("b.py", count=1), edge("b.py", count=5, kind=EdgeKind.CALL)],
        "b.py": [edge("c.py", count=2)],
        "c.py": [edge("a.py", count=3)],
    }
    [finding] = found(plain(make, "a.py", "b.py", "c.py"), edges)
    assert finding.data["cut"] == [["b.py", "c.py"]]
    assert finding.data["circle"] == ["b.py", "c.py", "a.py", "b.py"]
    assert "b.py → c.py (2 uses), in the circle b.py → c.py → a.py → b.py" in finding.message


def test_an_import_that_all_circles_share_is_cut_though_another_has_fewer_uses(make: Any) -> None:
    edges = {
        "a.py": [edge("b.py", count=3)],
        "b.py": [edge("c.py", count=2), edge("d.py", count=2)],
        "c.py": [edge("a.py", count=2)],
        "d.py": [edge("a.py", count=2)],
    }
    [finding] = found(plain(make, "a.py", "b.py", "c.py", "d.py"), edges)
    assert finding.data["cut"] == [["a.py", "b.py"]]
    assert "Cheapest to cut: a.py → b.py (3 uses), in the circle a.py → b.py" in finding.message


def test_where_no_single_import_breaks_all_circles_all_that_it_takes_are_named(make: Any) -> None:
    edges = {
        "a.py": [edge("b.py", count=1), edge("c.py", count=4)],
        "b.py": [edge("a.py", count=3)],
        "c.py": [edge("a.py", count=2)],
    }
    [finding] = found(plain(make, "a.py", "b.py", "c.py"), edges)
    assert finding.data["cut"] == [["a.py", "b.py"], ["c.py", "a.py"]]
    assert (
        "Cheapest to cut, for there is more than one circle: a.py → b.py (1 use), "
        "c.py → a.py (2 uses); 2 imports with 3 uses in all"
    ) in finding.message


def test_a_file_that_imports_itself_is_no_cycle(make: Any) -> None:
    assert found(plain(make, "a.py"), {"a.py": [edge("a.py")]}) == []


def test_calls_without_an_import_are_no_cycle(make: Any) -> None:
    edges = {"a.py": [edge("b.py")], "b.py": [edge("a.py", kind=EdgeKind.CALL)]}
    assert found(plain(make, "a.py", "b.py"), edges) == []


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (b"def f():\n    from a import x\n", 2),
        (b"if TYPE_CHECKING:\n    from a import x\n", 2),
        (b"if typing.TYPE_CHECKING:\n    y = 1\n\n    from a import (\n        x,\n    )\n", 5),
        (b"if __name__ == '__main__':\n    import a\n", 2),
        (b"if not late and TYPE_CHECKING:\n    try:\n        import a\n    finally: ...\n", 3),
    ],
)
def test_an_import_that_does_not_run_on_import_closes_no_cycle(
    make: Any, source: bytes, line: int
) -> None:
    function = make.symbol("f", kind=SymbolKind.FUNCTION, start_line=1, end_line=2)
    symbols = [function] if source.startswith(b"def") else []
    files = plain(make, "a.py") | {"b.py": make.file("b.py", symbols, content=source)}
    assert found(files, {"a.py": [edge("b.py")], "b.py": [edge("a.py", line)]}) == []


@pytest.mark.parametrize(
    "source", [b"import a\n", b"try:\n    import a\nexcept: ...\n", b"class C:\n    import a\n"]
)
def test_an_import_that_runs_on_import_closes_a_cycle(make: Any, source: bytes) -> None:
    line = source.split(b"\n").index(next(s for s in source.split(b"\n") if b"import" in s)) + 1
    files = plain(make, "a.py") | {"b.py": make.file("b.py", content=source)}
    assert len(found(files, {"a.py": [edge("b.py")], "b.py": [edge("a.py", line)]})) == 1


@pytest.mark.parametrize(
    ("source", "line", "cycles"),
    [
        (b"import { A } from './a'\n", 1, 1),
        (b"import type { A } from './a'\n", 1, 0),
        (b"import type {\n  A,\n} from './a'\n", 2, 0),
        (b"export type { A } from './a'\n", 1, 0),
        (b"import {\n  typeOf,\n} from './a'\n", 2, 1),
    ],
)
def test_typescript_type_imports_close_no_cycle(
    make: Any, source: bytes, line: int, cycles: int
) -> None:
    files = plain(make, "a.ts") | {"b.ts": make.file("b.ts", content=source)}
    assert len(found(files, {"a.ts": [edge("b.ts")], "b.ts": [edge("a.ts", line)]})) == cycles


_PATHS = ["a.py", "b.py", "c.py", "d.py", "e.py", "f.py"]
PATHS = st.sampled_from(_PATHS)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=st.sets(st.tuples(PATHS, PATHS)))
def test_files_are_reported_together_exactly_when_they_reach_each_other(
    make: Any, pairs: set[tuple[str, str]]
) -> None:
    files = plain(make, *_PATHS)
    reach = {(a, b) for a, b in pairs}
    while more := {(a, d) for a, b in reach for c, d in reach if b == c} - reach:
        reach |= more
    mutual = {(a, b) for a, b in reach if (b, a) in reach and a != b}
    findings = found(files, {path: [edge(b) for a, b in pairs if a == path] for path in files})
    data: list[dict[str, Any]] = [dict(finding.data) for finding in findings]
    assert {pair for each in data for pair in permutations(each["files"], 2)} == mutual
    for each in data:
        circle = each["circle"]
        assert circle[0] == circle[-1]
        assert set(pairwise(circle)) <= pairs
        assert tuple(each["cut"][0]) == (circle[0], circle[1])
