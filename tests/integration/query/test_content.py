"""Files, symbols, issues and relations of a run."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any
from uuid import UUID

import psycopg
import pytest

from graph_sitter_db import query
from graph_sitter_db.errors import UsageError
from graph_sitter_db.model.keys import Depth
from graph_sitter_db.model.relations import Failure

type Connection = psycopg.Connection[Any]
type Record = Callable[..., UUID]

SHOP = {
    "shop/cart.py": {
        "symbols": {"Cart": "c", "Cart.add": "a", "Cart.total": "t", "cart": "x", "cart#1": "y"},
        "edges": [
            ("Cart.total", "call", "shop/price.py:price"),
            ("Cart.total", "call", "decimal.Decimal"),
            ("", "import", "shop/price.py:price"),
        ],
        "issues": ["long-function:error", "~unused-symbol"],
        "unresolved": 3,
    },
    "shop/price.py": {"symbols": {"price": "p", "carton": "q"}, "issues": ["long-file:info"]},
    "tests/test_cart.py": {
        "symbols": {"price": "p", "<anonymous>": "l"},
        "edges": [
            ("price", "call", "shop/cart.py:Cart"),
            ("", "import", "shop/cart.py:Cart"),
            ("", "import", "shop/cart.py:"),
        ],
    },
}


@pytest.fixture
def shop(record: Record) -> UUID:
    return record(SHOP)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (None, ["shop/cart.py", "shop/price.py", "tests/test_cart.py"]),
        ("cart", ["shop/cart.py", "tests/test_cart.py"]),
        ("shop/*", ["shop/cart.py", "shop/price.py"]),
        ("*/????.py", ["shop/cart.py"]),
        ("test_cart", ["tests/test_cart.py"]),
        ("s%t", []),
        ("p_ice", []),
        ("\\", []),
    ],
)
def test_files_are_picked_by_a_pattern_or_a_part_of_the_path(
    conn: Connection, shop: UUID, pattern: str | None, expected: list[str]
) -> None:
    assert [file.path for file in query.files(conn, shop, pattern)] == expected


def test_a_file_tells_its_sizes_and_counts_both_sorts_of_issues(
    conn: Connection, shop: UUID
) -> None:
    file = query.files(conn, shop)[0]
    assert (file.lines, file.lines_source, file.lines_comment, file.lines_blank) == (10, 7, 2, 1)
    assert (file.functions, file.classes, file.cyclomatic, file.issues) == (4, 1, 5, 2)


def test_symbols_come_exact_first_then_beginning_then_anywhere(
    conn: Connection, shop: UUID
) -> None:
    found = [symbol.key for symbol in query.symbols(conn, shop, "CART")]
    assert found == ["Cart", "cart", "cart#1", "Cart.add", "Cart.total", "carton"]
    assert [symbol.key for symbol in query.symbols(conn, shop, "art")][:1] == ["Cart"]
    assert [symbol.key for symbol in query.symbols(conn, shop, "cart", limit=2)] == [
        "cart",
        "cart#1",
    ]


def test_symbols_are_found_by_key_and_by_path_and_key(conn: Connection, shop: UUID) -> None:
    assert [s.key for s in query.symbols(conn, shop, "cart.add")] == ["Cart.add"]
    assert [s.key for s in query.symbols(conn, shop, "shop/cart.py:cart#1")] == ["cart#1"]
    assert query.symbols(conn, shop, "100%") == []


def test_symbols_are_narrowed_by_kind(conn: Connection, shop: UUID) -> None:
    assert [symbol.key for symbol in query.symbols(conn, shop, "cart", "class")] == ["Cart"]
    with pytest.raises(UsageError, match=r"“klass” is no kind of symbol; choose of: function"):
        query.symbols(conn, shop, "cart", "klass")


def test_nameless_functions_are_found_only_when_asked_for(conn: Connection, shop: UUID) -> None:
    assert len(query.symbols(conn, shop, "")) == 8
    assert [symbol.key for symbol in query.symbols(conn, shop, "anonymous")] == ["<anonymous>"]


def test_a_symbol_tells_its_place_parent_and_fans(conn: Connection, shop: UUID) -> None:
    symbol = query.symbols(conn, shop, "Cart.total")[0]
    assert (symbol.path, symbol.parent, symbol.kind) == ("shop/cart.py", "Cart", "method")
    assert (symbol.start_line, symbol.end_line, symbol.lines, symbol.cyclomatic) == (21, 29, 9, 1)
    assert (symbol.fan_in, symbol.fan_out) == (0, 1)
    assert query.symbols(conn, shop, "Cart")[0].fan_in == 1


def test_fans_count_other_symbols_once_and_imports_never(conn: Connection, record: Record) -> None:
    edges = [
        ("f", "call", "a.py:f"),
        ("f", "call", "a.py:g"),
        ("f", "reference", "a.py:g"),
        ("", "call", "a.py:g"),
        ("", "import", "b.py:f"),
        ("g", "call", "b.py:f"),
        ("g", "call", "json.dumps"),
    ]
    run = record(
        {"a.py": {"symbols": {"f": "", "g": ""}, "edges": edges}, "b.py": {"symbols": {"f": ""}}}
    )
    fans = {(s.path, s.key): (s.fan_in, s.fan_out) for s in query.symbols(conn, run)}
    assert fans == {("a.py", "f"): (0, 1), ("a.py", "g"): (2, 1), ("b.py", "f"): (1, 0)}


def test_overloads_have_the_fans_of_all_as_dependencies_have(
    conn: Connection, record: Record
) -> None:
    edges = [
        ("use", "call", "a.py:f"),
        ("use", "reference", "a.py:f#1"),
        ("f#1", "call", "a.py:f"),
        ("f#1", "call", "a.py:use"),
    ]
    symbols = {"f": "", "f#1": "body", "use": ""}
    run = record({"a.py": {"symbols": symbols, "edges": edges}})
    fans = {s.key: (s.fan_in, s.fan_out) for s in query.symbols(conn, run)}
    assert fans == {"f": (1, 1), "f#1": (1, 1), "use": (1, 2)}
    used_by = {each.symbol for each in query.dependencies(conn, run, "f").used_by}
    assert used_by - {"f", "f#1"} == {"use"}


def test_names_exact_in_case_come_first(conn: Connection, record: Record) -> None:
    run = record(
        {
            "a.py": {"symbols": {"console": "", "consoles": "", "my_console": ""}},
            "b.py": {"symbols": {"Console": "", "Console.console": ""}},
        }
    )
    assert [symbol.key for symbol in query.symbols(conn, run, "Console")] == [
        "Console",
        "console",
        "Console.console",
        "consoles",
        "my_console",
    ]


def test_without_a_graph_fans_are_unknown(conn: Connection, record: Record) -> None:
    shallow = record(SHOP, depth=Depth.SYNTAX)
    symbol = query.symbols(conn, shallow, "Cart")[0]
    assert (symbol.fan_in, symbol.fan_out) == (None, None)


def test_fans_are_those_of_the_run_asked(conn: Connection, record: Record) -> None:
    before = record(SHOP, 1)
    after = record({**SHOP, "tests/test_cart.py": {}}, 2)
    fans = [query.symbols(conn, run, "Cart")[0].fan_in for run in (before, after)]
    assert fans == [1, 0]


def test_issues_come_gravest_first_and_can_be_narrowed(conn: Connection, shop: UUID) -> None:
    def rules(**filters: str) -> list[str]:
        return [issue.rule for issue in query.issues(conn, shop, **filters)]  # type: ignore[arg-type]

    assert rules() == ["long-function", "unused-symbol", "long-file"]
    assert rules(severity="info") == ["long-file"]
    assert rules(rule="unused-symbol") == ["unused-symbol"]
    assert rules(path="shop/price.py") == ["long-file"]
    assert rules(path="shop") == rules(path="shop/") == rules()
    assert rules(path="sho") == []
    assert len(query.issues(conn, shop, limit=1)) == 1
    with pytest.raises(UsageError, match=r"choose of: info, warning, error, critical"):
        query.issues(conn, shop, "grave")


def test_what_comments_accept_is_listed_with_its_reasons_and_no_issue(
    conn: Connection, record: Record
) -> None:
    files = {
        "a.py": {"issues": ["a!on purpose", "b", "~g:error!"]},
        "pkg/b.py": {"issues": ["a:critical!a table"]},
    }
    run = record(files)
    assert [issue.rule for issue in query.issues(conn, run)] == ["b"]
    listed = [(i.path, i.rule, i.accepted) for i in query.accepted_issues(conn, run)]
    assert listed == [
        ("pkg/b.py", "a", "a table"),
        ("a.py", "g", ""),
        ("a.py", "a", "on purpose"),
    ]
    assert len(query.accepted_issues(conn, run, severity="error")) == 1
    assert len(query.accepted_issues(conn, run, rule="a", path="pkg", limit=9)) == 1
    told = query.result(conn, run)
    assert (told.accepted_issues, len(told.issues)) == (3, 1)
    assert query.run(conn, run).accepted_issues == 3
    assert query.summary_counts(conn, run)["accepted_issues"] == 3


def test_every_value_of_a_run_is_told_with_its_place(conn: Connection, record: Record) -> None:
    file = {"symbols": {"f": "abc", "C": "c", "C.m": "x"}, "issues": ["a"]}
    run = record({"a.py": file, "pkg/b.py": {}}, 1, totals={"size": 9, "complexity_max": 4})
    found = query.long_values(conn, run)
    values = {(row.scope, row.path, row.symbol, row.metric): row.value for row in found}
    assert len(values) == len(found)
    assert values["codebase", "", "", "size"] == 9
    assert values["file", "pkg/b.py", "", "own"] == 1.5
    assert values["symbol", "a.py", "C.m", "cyclomatic_complexity"] == 1
    assert values["symbol", "a.py", "f", "cyclomatic_complexity"] == 3
    versions = {row.metric: row.definition_version for row in found}
    assert (versions["size"], versions["complexity_max"], versions["own"]) == ("1", "1", None)


def test_an_issue_whose_acceptance_is_taken_back_is_open_again(
    conn: Connection, record: Record
) -> None:
    states = [["a", "b!why"], ["a!why", "b"], ["a", "b"]]
    runs = [record({"x.py": {"issues": rules}}, day) for day, rules in enumerate(states, 1)]
    first, last = (query.compare(conn, *runs[n : n + 2]) for n in range(2))
    assert [(i.rule, i.accepted) for i in first.issues_accepted] == [("a", "why")]
    assert [i.rule for i in first.issues_new] == ["b"]
    assert [i.rule for i in last.issues_new] == ["a"]
    assert first.issues_fixed == last.issues_fixed == last.issues_accepted == []
    lives = {issue.rule: issue.lifecycle for issue in query.issues(conn, runs[2])}
    assert lives == {"a": "reopened", "b": "existing"}


def test_an_issue_lives_on_where_its_file_is_renamed(conn: Connection, record: Record) -> None:
    states = [{"x.py": ["a"]}, {"y.py": ["a"]}, {"y.py": ["a"], "x.py": ["a"]}]
    runs = [
        record({path: {"issues": rules} for path, rules in state.items()}, day)
        for day, state in enumerate(states, 1)
    ]
    lives = [{i.path: i.lifecycle for i in query.issues(conn, run)} for run in runs[1:]]
    assert lives == [{"y.py": "existing"}, {"y.py": "existing", "x.py": "reopened"}]


def test_an_issue_is_new_then_existing_then_gone_then_reopened(
    conn: Connection, record: Record
) -> None:
    states = [[], ["a", "~b"], ["a", "~b"], [], ["a", "~b", "c"]]
    runs = [record({"x.py": {"issues": rules}}, day) for day, rules in enumerate(states, 1)]
    lives = [{issue.rule: issue.lifecycle for issue in query.issues(conn, run)} for run in runs]
    assert lives == [
        {},
        {"a": "new", "b": "new"},
        {"a": "existing", "b": "existing"},
        {},
        {"a": "reopened", "b": "reopened", "c": "new"},
    ]


def test_a_first_run_and_a_first_graph_have_nothing_to_tell_new_issues_by(
    conn: Connection, record: Record
) -> None:
    first = record({"x.py": {"issues": ["a"]}}, 1, depth=Depth.SYNTAX)
    second = record({"x.py": {"issues": ["a", "~b"]}}, 2)
    assert [issue.lifecycle for issue in query.issues(conn, first)] == [None]
    lives = {issue.rule: issue.lifecycle for issue in query.issues(conn, second)}
    assert lives == {"a": "existing", "b": None}


@pytest.mark.parametrize(
    "reference",
    ["shop/cart.py:Cart", "Cart", "cart.py:Cart", " Cart "],
)
def test_who_uses_a_symbol_is_found_by_each_form_of_its_name(
    conn: Connection, shop: UUID, reference: str
) -> None:
    found = query.dependencies(conn, shop, reference)
    assert found.symbol.key == "Cart"
    assert [(r.kind, r.path, r.symbol) for r in found.used_by] == [
        ("import", "tests/test_cart.py", ""),
        ("call", "tests/test_cart.py", "price"),
    ]


def test_what_a_symbol_uses_names_symbols_here_and_modules_elsewhere(
    conn: Connection, shop: UUID
) -> None:
    found = query.dependencies(conn, shop, "Cart.total")
    assert [(r.kind, r.path, r.symbol, r.occurrences) for r in found.uses] == [
        ("call", "shop/price.py", "price", 1),
        ("call", None, "decimal.Decimal", 2),
    ]
    assert found.used_by == []


def test_a_files_relations_are_those_that_cross_its_border(conn: Connection, shop: UUID) -> None:
    found = query.dependencies(conn, shop, "shop/cart.py")
    assert (found.symbol.kind, found.symbol.key, found.symbol.name) == ("file", "", "cart.py")
    assert [(r.kind, r.symbol) for r in found.uses] == [
        ("call", "price"),
        ("import", "price"),
        ("call", "decimal.Decimal"),
    ]
    assert {r.path for r in found.used_by} == {"tests/test_cart.py"}


def test_dependents_come_with_the_rate_of_what_is_known(conn: Connection, shop: UUID) -> None:
    found = query.dependencies(conn, shop, "Cart")
    assert (found.resolved, found.unresolved) == (6, 5)
    assert found.resolution_rate == pytest.approx(6 / 11)
    assert found.run.resolution_rate == pytest.approx(6 / 11)


def test_overloads_answer_as_one_unless_one_is_picked(conn: Connection, record: Record) -> None:
    users = [("f", "call", "a.py:load"), ("g", "call", "a.py:load#2")]
    run = record(
        {
            "a.py": {"symbols": {"load": "1", "load#1": "2", "load#2": "3"}},
            "b.py": {"symbols": {"f": "", "g": ""}, "edges": users},
        }
    )
    whole = query.dependencies(conn, run, "load")
    assert (whole.symbol.key, [each.symbol for each in whole.used_by]) == ("load#2", ["f", "g"])
    for key, expected in (("load#1", []), ("a.py:load#2", ["g"])):
        assert [each.symbol for each in query.dependencies(conn, run, key).used_by] == expected


def test_a_name_of_two_symbols_is_refused_with_both(conn: Connection, shop: UUID) -> None:
    with pytest.raises(UsageError, match=r"means several symbols") as raised:
        query.dependencies(conn, shop, "price")
    assert "shop/price.py:price" in str(raised.value)
    assert "tests/test_cart.py:price" in str(raised.value)


def test_an_unknown_symbol_is_answered_with_what_to_do(conn: Connection, shop: UUID) -> None:
    with pytest.raises(UsageError, match=r"graph-sitter-db symbols"):
        query.dependencies(conn, shop, "basket")


def test_without_a_graph_relations_are_refused_with_the_remedy(
    conn: Connection, record: Record
) -> None:
    with pytest.raises(UsageError, match=r"--depth graph"):
        query.dependencies(conn, record(SHOP, depth=Depth.SYNTAX), "Cart")


def test_the_summarys_counts_equal_the_stored_rows(conn: Connection, record: Record) -> None:
    shop = record(SHOP)
    run, counts = query.run(conn, shop), query.summary_counts(conn, shop)
    told = {name: getattr(run, name) for name in ("files", "lines", "symbols", "edges", "issues")}
    assert told == {name: counts[name] for name in told}
    assert counts == {
        **told,
        "resolved": 6,
        "unresolved": 5,
        "critical_issues": 0,
        "accepted_issues": 0,
    }


def test_a_result_can_be_told_again_from_its_rows(conn: Connection, record: Record) -> None:
    failure = Failure("shop/cart.py", "resolve", "Cart", "too deep", 3)
    result = query.result(conn, record(SHOP, failures=(failure,), totals={"size": 3.0}))
    assert (result.summary, result.status) == ("Contains much", "partial")
    assert (result.metrics, result.recommendations) == ({"size": 3.0}, ["Rest."])
    assert [issue.rule for issue in result.issues] == [
        "long-function",
        "unused-symbol",
        "long-file",
    ]
    assert result.failures[0].model_dump() == {
        "path": "shop/cart.py",
        "stage": "resolve",
        "name": "Cart",
        "message": "too deep",
        "line": 3,
    }
    assert (result.files_analyzed, result.files_reused, result.files_failed) == (3, 0, 1)
    assert (result.resolved, result.unresolved, result.seconds) == (6, 5, {"extract": 0.1})


def test_without_a_graph_the_summary_is_ours(conn: Connection, record: Record) -> None:
    result = query.result(conn, record(SHOP, depth=Depth.SYNTAX))
    assert result.summary.startswith("Contains 3 files, 30 lines\n- 9 symbols")


def test_a_run_without_a_result_says_so(
    conn: Connection, record: Record, installed_database: str
) -> None:
    run = record(SHOP)
    with psycopg.connect(installed_database) as owner:
        owner.execute(
            "UPDATE analytics.analysis_runs SET status = 'failed', quality_score = NULL,"
            " error_message = 'out of memory'"
        )
    with pytest.raises(UsageError, match=r"status is failed: out of memory; record the commit"):
        query.result(conn, run)


def test_a_file_is_told_with_all_that_a_run_knows_of_it(conn: Connection, shop: UUID) -> None:
    stored = query.file_of_run(conn, shop, "shop/cart.py")
    found = query.file_analysis(conn, stored, "Its text")
    assert (found.summary, found.stored, found.file.classes) == ("Its text", True, 1)
    assert [s.key for s in found.symbols] == ["Cart", "Cart.add", "Cart.total", "cart", "cart#1"]
    assert [issue.rule for issue in found.issues] == ["long-function", "unused-symbol"]
    assert found.stored_in == query.run(conn, shop).short_id
    assert found.metrics["cyclomatic_complexity"] == 5
    assert found.metrics["own"] == 1.5
    with pytest.raises(UsageError, match=r"holds no file shop/carts.py"):
        query.file_of_run(conn, shop, "shop/carts.py")


def test_a_stored_version_is_known_by_its_bytes_and_by_the_newest_run_that_holds_it(
    conn: Connection, record: Record
) -> None:
    first = record(SHOP, 1)
    second = record({**SHOP, "more.py": {}}, 2)
    record({**SHOP, "shop/cart.py": {}}, 3)
    codebase = query.run(conn, first).codebase_id
    bytes_then = _sha256_of(conn, first, "shop/cart.py")
    found = query.stored_file(conn, codebase, "shop/cart.py", bytes_then)
    assert found and found.run_id == second
    assert query.stored_file(conn, codebase, "shop/price.py", bytes_then) is None
    assert query.stored_file(conn, codebase, "shop/cart.py", sha256(b"").digest()) is None


def test_a_version_that_no_run_holds_is_told_from_its_bytes_alone(
    conn: Connection, record: Record, installed_database: str
) -> None:
    run = record(SHOP)
    codebase, digest = query.run(conn, run).codebase_id, _sha256_of(conn, run, "shop/cart.py")
    with psycopg.connect(installed_database) as owner:
        owner.execute("DELETE FROM analytics.analysis_runs")
    stored = query.stored_file(conn, codebase, "shop/cart.py", digest)
    assert stored and stored.run_id is None
    found = query.file_analysis(conn, stored)
    assert (found.stored, found.stored_in, found.file.issues) == (True, None, 1)
    assert [issue.rule for issue in found.issues] == ["long-function"]
    assert [symbol.fan_in for symbol in found.symbols] == [None] * 5


def test_another_organization_sees_nothing(
    conn: Connection, shop: UUID, installed_database: str
) -> None:
    conn.execute(
        "SELECT set_config('graph_sitter.organization_id', gen_random_uuid()::text, false)"
    )
    assert query.runs(conn) == []
    assert query.files(conn, shop) == []
    with pytest.raises(UsageError):
        query.run(conn, shop)


def _sha256_of(conn: Connection, run: UUID, path: str) -> bytes:
    row = conn.execute(
        "SELECT v.blob_sha256 FROM analytics.analysis_runs r"
        " JOIN codebase.snapshot_files sf USING (snapshot_id)"
        " JOIN codebase.files f ON f.id = sf.file_id"
        " JOIN codebase.file_versions v ON v.id = sf.file_version_id"
        " WHERE r.id = %s AND f.path = %s",
        (run, path),
    ).fetchone()
    assert row
    return bytes(row[0])
