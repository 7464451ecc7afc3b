"""Snapshots, their differences, symbols, relations, cycles and pruning."""

from hashlib import sha256
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import errors
from tests.integration.sql.conftest import (
    Connection,
    File,
    Recorder,
    Session,
    new_organization,
    value,
    values,
)

from graph_sitter_db.measure import fans
from graph_sitter_db.model.keys import EdgeKind
from graph_sitter_db.model.relations import Edge, Linkage
from graph_sitter_db.store.digests import snapshot_digest


def test_the_digest_is_found_again_from_rows(recorder: Recorder) -> None:
    files = {"b.py": File("b"), "a/ü.py": File("u"), "a.py": File("a"), "B.py": File("B")}
    for depth in ("syntax", "graph"):
        snapshot = recorder.snapshot(files, depth)
        stored = value(
            recorder.app, "SELECT digest FROM codebase.snapshots WHERE id = %s", snapshot
        )
        assert value(recorder.app, "SELECT codebase.snapshot_digest(%s)", snapshot) == stored
        assert stored == snapshot_digest(
            [(path, f.blob, f.linkage if depth == "graph" else None) for path, f in files.items()],
            recorder.fingerprint,
        )


def test_the_digest_of_nothing(recorder: Recorder) -> None:
    empty = recorder.snapshot({})
    assert value(recorder.app, "SELECT codebase.snapshot_digest(%s)", empty) == sha256().digest()
    assert value(recorder.app, "SELECT codebase.snapshot_digest(-1)") is None


def test_two_commits_of_one_tree_share_one_snapshot_and_its_rows(recorder: Recorder) -> None:
    files = {"a.py": File("a", {"f": "1"}), "b.py": File("b")}
    assert recorder.snapshot(files) == recorder.snapshot(dict(reversed(files.items())))
    assert recorder.snapshot(files, "syntax") != recorder.snapshot(files)
    assert value(recorder.app, "SELECT count(*) FROM codebase.file_versions") == 2


_trees = st.dictionaries(
    st.sampled_from(["a.py", "b.py", "c/d.py", "é.py"]), st.sampled_from("xyz"), max_size=4
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(before=_trees, after=_trees)
def test_a_difference_names_what_was_added_removed_and_modified(
    acting: Session, before: dict[str, str], after: dict[str, str]
) -> None:
    with acting(new_organization(acting)) as app:
        recorder = Recorder(app)
        a = recorder.snapshot({path: File(text) for path, text in before.items()})
        b = recorder.snapshot({path: File(text) for path, text in after.items()})
        diff = "SELECT path, change FROM codebase.snapshot_diff(%s, %s)"
        forth, back = (dict(app.execute(diff, pair).fetchall()) for pair in ((a, b), (b, a)))
    assert forth == {
        path: "removed" if path not in after else "added" if path not in before else "modified"
        for path in {*before, *after}
        if before.get(path) != after.get(path)
    }
    mirror = {"added": "removed", "removed": "added", "modified": "modified"}
    assert back == {path: mirror[change] for path, change in forth.items()}


def test_a_difference_counts_symbols_and_edges(recorder: Recorder) -> None:
    helper = File("helper", {"help": "1"})
    before = File(
        "v1",
        {"stays": "1", "goes": "1", "changes": "1"},
        [("stays", "h.py", "help"), ("goes", "h.py", "help")],
    )
    after = File(
        "v2",
        {"stays": "1", "changes": "2", "comes": "1", "comes.inner": "1"},
        [("stays", "h.py", "help"), ("comes", "h.py", "help"), ("comes", "", "os.path")],
    )
    diff = (
        "SELECT path, change, symbols_added, symbols_removed, symbols_changed,"
        " edges_added, edges_removed FROM codebase.snapshot_diff(%s, %s)"
    )
    for depth, edges in (("graph", (2, 1)), ("syntax", (None, None))):
        a = recorder.snapshot({"h.py": helper, "m.py": before}, depth)
        b = recorder.snapshot({"h.py": helper, "m.py": after}, depth)
        expected = [("m.py", "modified", 2, 1, 1, *edges)]
        assert recorder.app.execute(diff, (a, b)).fetchall() == expected


def test_elements_count_who_uses_them_in_their_snapshot_alone(recorder: Recorder) -> None:
    itself = [("core", "core.py", "core")]
    core = File("core", {"core": "1", "core.inner": "1", "alone": "1"}, itself)
    one = File("one", {"a": "1", "b": "1"}, [("a", "core.py", "core"), ("b", "core.py", "core")])
    two = File("two", {"c": "1"}, [("c", "core.py", "core"), ("", "core.py", "core")])
    both = recorder.snapshot({"core.py": core, "one.py": one, "two.py": two})
    less = recorder.snapshot({"core.py": core, "one.py": one})
    syntax = recorder.snapshot({"core.py": core, "one.py": one}, "syntax")
    fans = (
        "SELECT qualified_name, fan_in, fan_out FROM codebase.code_elements WHERE snapshot_id = %s"
    )

    def fan(snapshot: int) -> dict[str, tuple[int | None, int | None]]:
        return {name: (i, o) for name, i, o in recorder.app.execute(fans, (snapshot,))}

    assert fan(both) == {
        "core": (4, 0), "core.inner": (0, 0), "alone": (0, 0), "a": (0, 1), "b": (0, 1), "c": (0,
            1),
    }  # fmt: skip
    assert fan(less)["core"] == (2, 0)
    assert set(fan(syntax).values()) == {(None, None)}


_edges = st.builds(
    Edge,
    kind=st.sampled_from(EdgeKind),
    source=st.sampled_from(["", "f", "g"]),
    target_path=st.sampled_from(["a.py", "b.py"]),
    target=st.sampled_from(["", "f", "g"]),
    external=st.just(""),
    count=st.just(1),
    first_line=st.just(1),
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(_edges, max_size=12, unique=True), st.lists(_edges, max_size=12, unique=True))
def test_the_counts_of_elements_equal_the_library_s(
    acting: Session, of_a: list[Edge], of_b: list[Edge]
) -> None:
    linkages = {"a.py": Linkage("a.py", tuple(of_a)), "b.py": Linkage("b.py", tuple(of_b))}
    with acting(new_organization(acting)) as app:
        recorder = Recorder(app)
        snapshot = recorder.snapshot(
            {
                path: File(
                    path,
                    {"f": "1", "g": "1"},
                    [(e.source, e.target_path, e.target, e.kind) for e in linkage.edges],
                )
                for path, linkage in linkages.items()
            }
        )
        rows = app.execute(
            "SELECT file_path, symbol_key, fan_in, fan_out FROM codebase.code_elements"
            " WHERE snapshot_id = %s",
            (snapshot,),
        ).fetchall()
    expected = fans(linkages)
    assert {(path, key): (i, o) for path, key, i, o in rows} == {
        (path, key): expected.get((path, key), (0, 0)) for path in linkages for key in ("f", "g")
    }


def test_relations_and_packages_are_told_by_snapshot(recorder: Recorder) -> None:
    file = File(
        "x",
        {"f": "1"},
        [
            ("f", "y.py", ""),
            ("f", "", "os.path.join"),
            ("", "", "os"),
            ("", "", "@scope/pkg/sub.name"),
        ],
    )
    snapshot = recorder.snapshot({"x.py": file, "y.py": File("y")})
    relations = recorder.app.execute(
        "SELECT source_path, source_symbol, target_path, target_symbol, external_name"
        " FROM codebase.code_relationships WHERE snapshot_id = %s ORDER BY external_name,"
        " target_path",
        (snapshot,),
    ).fetchall()
    assert relations == [
        ("x.py", "", None, None, "@scope/pkg/sub.name"),
        ("x.py", "", None, None, "os"),
        ("x.py", "f", None, None, "os.path.join"),
        ("x.py", "f", "y.py", "", None),
    ]
    packages = recorder.app.execute(
        "SELECT package, files, occurrences FROM codebase.external_dependencies"
        " WHERE snapshot_id = %s ORDER BY package",
        (snapshot,),
    ).fetchall()
    assert packages == [("@scope/pkg", 1, 1), ("os", 1, 2)]


def test_the_overview_counts_the_newest_snapshot(recorder: Recorder) -> None:
    recorder.snapshot({"a.py": File("a", {"f": "1"}), "b.py": File("b", lines=7)})
    recorder.snapshot({"b.py": File("b", lines=7)})
    overview = recorder.app.execute(
        "SELECT snapshots, files, symbols, lines, lines_by_language FROM codebase.codebase_overview"
    ).fetchall()
    assert overview == [(2, 1, 0, 7, {"python": 7})]


def test_an_exact_name_is_the_first_hit(recorder: Recorder) -> None:
    names = ["parse_all", "Parser.parse", "parse", "reparse", "unrelated", "PARSE"]
    recorder.snapshot({f"{n}.py": File(name, {name: "1"}) for n, name in enumerate(names)})
    found = values(
        recorder.app,
        "SELECT qualified_name FROM codebase.search_symbols('parse', %s)",
        recorder.codebase,
    )
    assert set(found[:2]) == {"parse", "Parser.parse"}
    assert found[2:5] == ["PARSE", "parse_all", "reparse"]
    assert "unrelated" not in found


def test_a_search_stays_in_its_codebase_limit_and_newest_snapshot(recorder: Recorder) -> None:
    recorder.snapshot({"a.py": File("a", {"gone": "1"})})
    recorder.snapshot({"a.py": File("b", {"kept": "1", "kept_too": "1"})})
    search = "SELECT count(*) FROM codebase.search_symbols(%s, %s, %s)"
    assert value(recorder.app, search, "gone", None, 50) == 0
    assert value(recorder.app, search, "kept", None, 50) == 2
    assert value(recorder.app, search, "kept", None, 1) == 1
    assert value(recorder.app, search, "kept", uuid4(), 50) == 0
    assert value(recorder.app, search, "  ", None, 50) == 0
    assert value(recorder.app, search, "%", None, 50) == 0


def _chain(*paths: str) -> dict[str, File]:
    return {path: File(path, edges=[("", target, "")]) for path, target in pairwise(paths)} | {
        paths[-1]: File(paths[-1])
    }


def test_dependencies_go_as_far_as_asked_and_stop_in_cycles(recorder: Recorder) -> None:
    files = _chain("a.py", "b.py", "c.py") | {"c.py": File("c", edges=[("", "a.py", "")])}
    snapshot = recorder.snapshot(files)
    ask = "SELECT path, depth FROM codebase.file_dependencies(%s, 'a.py', %s, %s)"
    for direction, one, far in (
        ("uses", [("b.py", 1)], [("b.py", 1), ("c.py", 2)]),
        ("used_by", [("c.py", 1)], [("c.py", 1), ("b.py", 2)]),
    ):
        assert recorder.app.execute(ask, (snapshot, direction, 1)).fetchall() == one
        assert recorder.app.execute(ask, (snapshot, direction, None)).fetchall() == far
    assert recorder.app.execute(ask, (-1, "uses", None)).fetchall() == []


def test_an_unknown_direction_is_refused(recorder: Recorder) -> None:
    with pytest.raises(errors.InvalidParameterValue), recorder.app.transaction():
        recorder.app.execute("SELECT codebase.file_dependencies(1, 'a.py', 'sideways')")


def test_a_cycle_of_thirty_files_is_one_row(recorder: Recorder) -> None:
    ring = [f"r{n:02}.py" for n in range(30)]
    files = _chain(*ring) | {ring[-1]: File("last", edges=[("", ring[0], "")])}
    files |= _chain("x.py", "y.py", "r00.py") | {"r00.py": files["r00.py"]}
    files["solo.py"] = File("solo", edges=[("", "solo.py", "")])
    snapshot = recorder.snapshot(files)
    cycles = recorder.app.execute(
        "SELECT * FROM codebase.dependency_cycles(%s)", (snapshot,)
    ).fetchall()
    assert cycles == [(1, ring)]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=14))
def test_cycles_are_the_files_that_reach_each_other(
    acting: Session, edges: set[tuple[int, int]]
) -> None:
    with acting(new_organization(acting)) as app:
        recorder = Recorder(app)
        files = {
            f"{n}.py": File(f"{n}", edges=[("", f"{b}.py", "") for a, b in sorted(edges) if a == n])
            for n in range(7)
        }
        found = values(
            app, "SELECT paths FROM codebase.dependency_cycles(%s)", recorder.snapshot(files)
        )
    reach = {n: _reached(edges, n) for n in range(7)}
    groups = {
        frozenset(m for m in range(7) if m == n or (m in reach[n] and n in reach[m]))
        for n in range(7)
    }
    expected = sorted([f"{n}.py" for n in sorted(group)] for group in groups if len(group) > 1)
    assert sorted(found) == expected


def _reached(edges: set[tuple[int, int]], start: int) -> set[int]:
    seen: set[int] = set()
    todo = [start]
    while todo:
        new = {b for a, b in edges if a == todo[-1]} - seen
        todo.pop()
        seen |= new
        todo.extend(new)
    return seen


def test_pruning_keeps_what_runs_hold_and_a_dry_run_foretells_it(
    acting: Session, acme: UUID
) -> None:
    used = File("used", {"f": "1"})
    old, new = File("old", edges=[("", "used.py", "f")]), File("new")
    with acting(acme) as app:
        recorder = Recorder(app)
        recorder.snapshot({"used.py": used, "a.py": old, "gone.py": File("gone")})
        kept = recorder.record({"used.py": used, "a.py": new})
    prune = "SELECT kind, rows FROM codebase.prune_unreferenced_content(%s)"
    with acting(role="graph_sitter_maintenance") as maintenance:
        foretold = dict(maintenance.execute(prune, (True,)).fetchall())
        done = dict(maintenance.execute(prune, (False,)).fetchall())
        again = dict(maintenance.execute(prune, (False,)).fetchall())
    assert done == foretold
    assert all(
        done[kind] >= n
        for kind, n in {"snapshots": 1, "linkages": 2, "file_versions": 2, "files": 1}.items()
    )
    assert set(again.values()) == {0}
    with acting(acme) as app:
        assert values(app, "SELECT path FROM codebase.files ORDER BY path") == ["a.py", "used.py"]
        same = (
            "SELECT codebase.snapshot_digest(s.id) = s.digest FROM codebase.snapshots s"
            " JOIN analytics.analysis_runs r ON r.snapshot_id = s.id WHERE r.id = %s"
        )
        assert value(app, same, kept) is True


def test_a_version_or_linkage_of_another_file_does_not_fit(recorder: Recorder) -> None:
    recorder.snapshot({"a.py": File("a"), "b.py": File("b")})
    empty = recorder.snapshot({})
    mixed = """
        INSERT INTO codebase.snapshot_files (snapshot_id, file_id, file_version_id, linkage_id)
        SELECT %s, f.id, v.id, NULL FROM codebase.files f, codebase.file_versions v
        WHERE f.path = 'a.py' AND v.file_id <> f.id
    """
    with pytest.raises(errors.ForeignKeyViolation), recorder.app.transaction():
        recorder.app.execute(mixed, (empty,))


def test_an_edge_has_one_target(recorder: Recorder) -> None:
    recorder.snapshot({"a.py": File("a")})
    edge = """
        INSERT INTO codebase.linkage_edges (linkage_id, ordinal, kind, target_file_id,
            target_symbol, external_name)
        SELECT l.id, 0, 'call', {target}, {symbol}, {external} FROM codebase.linkages l,
            codebase.files f
    """
    for target, symbol, external in (
        ("f.id", "''", "'os'"),
        ("NULL", "NULL", "NULL"),
        ("f.id", "NULL", "NULL"),
        ("NULL", "'x'", "'os'"),
    ):
        with pytest.raises(errors.CheckViolation), recorder.app.transaction():
            recorder.app.execute(edge.format(target=target, symbol=symbol, external=external))


def test_questions_can_be_asked_in_a_read_only_transaction(
    connection: Connection, acting: Session, acme: UUID
) -> None:
    with acting(acme) as app:
        recorder = Recorder(app)
        run = recorder.record(_chain("a.py", "b.py", "a.py"))
    questions = (
        "SELECT * FROM codebase.search_symbols('a')",
        "SELECT * FROM codebase.snapshot_diff(1, 2)",
        "SELECT * FROM codebase.file_dependencies(1, 'a.py', 'uses', NULL)",
        "SELECT * FROM codebase.dependency_cycles(1)",
        "SELECT * FROM base.feature_status()",
        "SELECT * FROM analytics.analytics_performance_analysis()",
        "SELECT * FROM analytics.detect_performance_anomalies()",
        "SELECT * FROM analytics.quality_trend()",
        f"SELECT * FROM analytics.issue_lifecycle('{run}')",
        f"SELECT analytics.compare_runs('{run}', '{run}')",
        f"SELECT analytics.calculate_quality_score('{run}')",
    )
    with acting(acme) as app:
        app.execute("SET TRANSACTION READ ONLY")
        for question in questions:
            app.execute(question)


def test_a_codebase_goes_with_everything_it_holds(acting: Session, acme: UUID) -> None:
    with acting(acme) as app:
        recorder = Recorder(app)
        kept = Recorder(app, "acme/kept").record(_chain("a.py", "b.py"))
        files = _chain("a.py", "b.py", "c.py") | {"c.py": File("c", issues=[("rule", 5)])}
        recorder.record(files)
        recorder.record(files, depth="syntax")
    with acting(acme) as app:
        app.execute("DELETE FROM codebase.codebases WHERE id = %s", (recorder.codebase,))
        assert values(app, "SELECT id FROM analytics.analysis_runs") == [kept]
        assert value(app, "SELECT count(*) FROM codebase.files") == 2
        assert value(app, "SELECT count(*) FROM codebase.issue_records") == 0
