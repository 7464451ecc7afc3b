"""Record a repository by the command line, and ask everything that can be asked about it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from graph_sitter_db import CodebaseDBAdapter
from graph_sitter_db.cli import entry

type Ask = Callable[..., str]


@pytest.fixture
def gsdb(
    repository: Path,
    installed_database: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Ask:
    """Runs a command in the repository, on a database of this test's own; what it prints."""
    monkeypatch.setenv("GRAPH_SITTER_DB_URL", installed_database)
    monkeypatch.chdir(repository)

    def ask(*arguments: str, code: int = 0, told: str = "") -> str:
        capsys.readouterr()
        ended = entry.run(arguments)
        printed, complaint = capsys.readouterr()
        assert ended == code, complaint
        assert told in complaint
        assert bool(told) == bool(complaint)
        return printed

    return ask


@pytest.fixture
def recorded(gsdb: Ask) -> Ask:
    """Both commits are recorded, without their relations."""
    gsdb("record", "--depth", "syntax", "--commit", "HEAD~1")
    gsdb("record", "--depth", "syntax", "--commit", "HEAD")
    return gsdb


@pytest.fixture
def related(gsdb: Ask) -> Ask:
    """The newest commit is recorded with its relations."""
    gsdb("record", "--commit", "HEAD")
    return gsdb


def data(gsdb: Ask, *arguments: str, **options: Any) -> Any:
    return json.loads(gsdb(*arguments, "--json", **options))


def test_recording_prints_the_enhanced_summary(gsdb: Ask) -> None:
    text = gsdb("record")
    assert text.startswith("Contains ")
    assert "\n\nEnhanced Analysis:\nQuality Score: " in text
    assert "No earlier run of branch main" in text


def test_a_commit_is_recorded_once(recorded: Ask) -> None:
    (again,) = data(recorded, "record", "--depth", "syntax", "--commit", "HEAD")
    assert again["already_recorded"] is True
    assert len(data(recorded, "runs")) == 2


def test_recording_says_what_changed_since_the_run_before(recorded: Ask) -> None:
    assert "Since run " in recorded("summary")
    assert "symbols 1 new" in recorded("summary")


def test_the_summary_of_a_run_is_what_recording_it_printed(gsdb: Ask) -> None:
    printed = gsdb("record")
    (run,) = data(gsdb, "runs")
    for asked in (["summary"], ["summary", "."], ["summary", run["short_id"]], ["summary", "main"]):
        assert gsdb(*asked).splitlines()[:-1] == printed.splitlines()[:-1]


def test_runs_are_listed_newest_first(recorded: Ask) -> None:
    assert [run["commit_subject"] for run in data(recorded, "runs")] == [
        "Add farewell",
        "Add greeting",
    ]
    assert len(data(recorded, "runs", "--limit", "1")) == 1
    assert data(recorded, "runs", "--branch", "elsewhere") == []
    assert "Add farewell" in recorded("runs", "--all")


def test_a_run_shows_its_metrics(recorded: Ask) -> None:
    shown = data(recorded, "show", "main")
    assert shown["run"]["commit_subject"] == "Add farewell"
    assert shown["result"]["metrics"]["files"] == 2
    assert "Metrics" in recorded("show", "latest")


def test_files_and_symbols_are_found(recorded: Ask) -> None:
    assert [file["path"] for file in data(recorded, "files")] == ["farewell.py", "greeting.py"]
    assert [file["path"] for file in data(recorded, "files", "greet*")] == ["greeting.py"]
    (symbol,) = data(recorded, "symbols", "FAREWELL", "--kind", "function")
    assert (symbol["key"], symbol["path"], symbol["start_line"]) == ("farewell", "farewell.py", 6)
    assert "farewell.py:6" in recorded("symbols", "farewell")


def test_coverage_is_shown_wherever_the_run_is(recorded: Ask, tmp_path: Path) -> None:
    report = tmp_path / "lcov.info"
    report.write_text(
        "SF:/ci/hello/farewell.py\nDA:3,1\nDA:6,1\nDA:7,1\nDA:8,0\nend_of_record\n"
        "SF:setup.py\nend_of_record\n"
    )
    assert "Coverage" not in recorded("files") + recorded("symbols", "f") + recorded("show", "main")
    record = ("record", "--depth", "syntax", "--commit", "HEAD", "--coverage", str(report))
    for text in (recorded(*record), recorded("summary")):
        assert "- Coverage: 75.0% of 4 executable lines" in text
        assert "files that are not in this codebase: 1 of 2 (setup.py)" in text
    shown = recorded("show", "main")
    assert "75.0% of 4 executable lines" in shown and "Note: " in shown
    assert data(recorded, "show", "main")["result"]["coverage"]["lines_covered"] == 3
    assert "75.0%" in recorded("files") and "50.0%" in recorded("symbols", "farewell")
    covered = {file["path"]: file["line_coverage"] for file in data(recorded, "files")}
    assert covered == {"farewell.py": 75.0, "greeting.py": None}
    (symbol,) = data(recorded, "symbols", "farewell", "--kind", "function")
    assert (symbol["line_coverage"], symbol["branch_coverage"]) == (50.0, None)
    assert len(data(recorded, "runs")) == 2
    recorded("record", "--coverage", "none.xml", code=2, told="none.xml cannot be read: No such")


def test_of_equal_names_definitions_come_before_variables(gsdb: Ask, repository: Path) -> None:
    (repository / "a.py").write_text("Shape = None\n")
    (repository / "b.py").write_text("class Shape:\n    pass\n")
    gsdb("record", "--depth", "syntax")
    assert [symbol["path"] for symbol in data(gsdb, "symbols", "Shape")] == ["b.py", "a.py"]


def test_dependencies_name_both_sides_and_their_certainty(related: Ask) -> None:
    answer = data(related, "deps", "greet")
    assert "farewell" in {user["symbol"] for user in answer["used_by"]}
    text = related("deps", "farewell")
    assert "greeting.py" in text
    assert "calls, imports and base classes" in text
    assert related("deps", "nothing", code=2, told="graph-sitter-db symbols") == ""


def test_dependencies_without_a_graph_say_how_to_get_one(recorded: Ask) -> None:
    assert recorded("deps", "greet", code=2, told="record --depth graph") == ""


def test_an_earlier_run_can_be_asked(recorded: Ask) -> None:
    first = data(recorded, "runs")[-1]["short_id"]
    assert [file["path"] for file in data(recorded, "files", "--run", first)] == ["greeting.py"]


def test_two_runs_are_compared(recorded: Ask) -> None:
    after, before = (run["short_id"] for run in data(recorded, "runs"))
    answer = data(recorded, "compare", before, after)
    assert [(s["change"], s["key"]) for s in answer["symbols"]] == [("new", "farewell")]
    mirrored = data(recorded, "compare", after, before)
    assert [(s["change"], s["key"]) for s in mirrored["symbols"]] == [("gone", "farewell")]
    text = recorded("compare", before)
    assert "Files: 1 new\n  +  farewell.py" in text


def test_issues_are_told_with_their_place(gsdb: Ask, repository: Path) -> None:
    (repository / "bad.py").write_text("def f(a=[]):\n    return a\n")
    gsdb("record", "--depth", "syntax")
    found = data(gsdb, "issues", "--path", "bad.py")
    assert ("mutable_default", 1) in {(issue["rule"], issue["start_line"]) for issue in found}
    assert "bad.py:1" in gsdb("issues", "--rule", "mutable_default")
    assert gsdb("issues", "--severity", "critical") == "No issue matches.\n"


def test_a_dirty_tree_is_recorded_as_such_and_said(gsdb: Ask, repository: Path) -> None:
    (repository / "greeting.py").write_text("x = 1\n")
    assert "working tree" in gsdb("record", "--depth", "syntax")
    assert data(gsdb, "runs")[0]["is_working_tree"] is True


def test_a_commit_is_read_without_touching_the_folder(gsdb: Ask, repository: Path) -> None:
    (repository / "greeting.py").write_text("x = 1\n")
    before = {path: path.stat().st_mtime_ns for path in repository.rglob("*")}
    gsdb("record", "--depth", "syntax", "--commit", "HEAD")
    assert {path: path.stat().st_mtime_ns for path in repository.rglob("*")} == before
    assert data(gsdb, "runs")[0]["is_working_tree"] is False


def test_each_language_of_a_repository_is_recorded(gsdb: Ask, repository: Path) -> None:
    (repository / "shout.ts").write_text("export function shout(): string { return 'x' }\n")
    results = data(gsdb, "record", "--depth", "syntax")
    assert {result["language"] for result in results} == {"python", "typescript"}
    assert [f["path"] for f in data(gsdb, "files", "--language", "typescript")] == ["shout.ts"]
    assert [
        r["language"] for r in data(gsdb, "record", "--depth", "syntax", "--language", "python")
    ] == ["python"]


@pytest.fixture
def mixed(gsdb: Ask, repository: Path) -> Ask:
    """Two Python files and one of TypeScript are recorded."""
    (repository / "shout.ts").write_text("export function shout(): string { return 'x' }\n")
    gsdb("record", "--depth", "syntax")
    return gsdb


@pytest.mark.parametrize(
    "question",
    [
        ["summary"],
        ["files"],
        ["symbols", "greet"],
        ["issues"],
        ["show", "latest"],
        ["show", "main"],
        ["compare", "latest"],
    ],
)
def test_of_two_languages_the_larger_answers_and_says_so(mixed: Ask, question: list[str]) -> None:
    said = "python only; typescript is recorded too: --language typescript\n"
    assert "shout" not in mixed(*question, told=said)
    assert mixed(*question, "--language", "typescript")
    data(mixed, *question)


def test_a_summary_names_its_language_where_there_are_several(mixed: Ask) -> None:
    assert "(typescript)" in mixed("summary", "--language", "typescript").splitlines()[0]
    assert "(python)" in mixed("summary", told="python only").splitlines()[0]


def test_a_run_named_by_its_id_is_no_choice_between_languages(mixed: Ask) -> None:
    for run in data(mixed, "runs"):
        assert run["language"] in mixed("show", run["short_id"])


def test_a_name_means_runs_of_this_repository_and_an_id_those_of_any(
    recorded: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = data(recorded, "runs")[0]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    for name in ("main", "latest"):
        assert recorded("show", name, code=2, told=str(elsewhere)) == ""
    for form in (run["id"], run["short_id"], run["commit"], run["commit"][:10]):
        assert data(recorded, "show", form)["run"]["id"] == run["id"]


def test_a_subdirectory_without_runs_of_its_own_is_asked_about_as_part_of_the_whole(
    recorded: Ask, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = repository / "deep" / "down"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    for question in (["summary"], ["files"], ["symbols", "greet"], ["issues"], ["show", "latest"]):
        assert recorded(*question)
    (inside / "own.py").write_text("x = 1\n")
    recorded("record", "--depth", "syntax")
    for question in (["files"], ["files", "--run", "latest"], ["files", "--run", "main"]):
        assert [file["path"] for file in data(recorded, *question)] == ["own.py"]


@pytest.mark.parametrize(
    ("ending", "reason"), [(KeyboardInterrupt(), "interrupted"), (SystemExit(143), "terminated")]
)
def test_a_run_that_was_ended_from_outside_says_so_in_words(
    gsdb: Ask, installed_database: str, ending: BaseException, reason: str
) -> None:
    def end(stage: str, done: int, total: int | None) -> None:
        raise ending

    with CodebaseDBAdapter(installed_database) as adapter, pytest.raises(type(ending)):
        adapter.record(depth="syntax", progress=end)
    (run,) = data(gsdb, "runs", "--unfinished")
    gsdb("summary", run["short_id"], code=2, told=f"its status is failed: {reason}; record")


def test_a_branch_without_runs_names_those_that_have_some(recorded: Ask) -> None:
    assert recorded("runs", "--branch", "nope") == (
        "No run is on branch nope. There are runs on: main\n"
    )


def test_names_that_steer_a_terminal_are_made_harmless(gsdb: Ask, repository: Path) -> None:
    (repository / "evil\x1b[2J\u202e.py").write_text("def greet_evil():\n    pass\n")
    gsdb("record", "--depth", "syntax")
    text = gsdb("symbols", "greet_evil")
    assert r"evil\x1b[2J\u202e.py" in text
    (symbol,) = data(gsdb, "symbols", "greet_evil")
    assert symbol["path"] == "evil\x1b[2J\u202e.py"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["show", "nothing"], 2, "graph-sitter-db runs"),
        (["record", "--commit", "nothing"], 3, "nothing"),
        (["record", "not/there"], 3, "not/there"),
        (["runs", "--url", "postgresql://127.0.0.1:1/x"], 5, "No PostgreSQL server answers"),
        (["runs", "--url", "mysql://x"], 2, "PostgreSQL"),
        (["runs", "--organization", "No Such"], 2, "organization"),
    ],
)
def test_errors_are_one_line_that_names_the_remedy(
    recorded: Ask, arguments: list[str], code: int, told: str
) -> None:
    assert recorded(*arguments, code=code, told=told) == ""


def test_a_repository_without_runs_says_what_to_do(gsdb: Ask) -> None:
    assert "graph-sitter-db record" in gsdb("runs")
    gsdb("files", code=2, told="graph-sitter-db record")


def test_organizations_do_not_see_each_other(recorded: Ask) -> None:
    recorded("record", "--depth", "syntax", "--commit", "HEAD", "--organization", "other")
    assert len(data(recorded, "runs", "--organization", "other")) == 1
    assert len(data(recorded, "runs")) == 2


@pytest.mark.parametrize("question", [["runs"], ["summary"], ["symbols", "greet"]])
def test_a_question_makes_no_organization_of_a_mistyped_name(
    recorded: Ask, installed_database: str, question: list[str]
) -> None:
    told = "Nothing is recorded for an organization 'deafult'"
    for _ in range(2):
        assert recorded(*question, "--organization", "deafult", code=2, told=told) == ""
    with psycopg.connect(installed_database) as owner:
        found = owner.execute("SELECT base.find_organization('deafult')").fetchone()
    assert found == (None,)


def test_metrics_are_shown_of_all_and_of_a_part(recorded: Ask) -> None:
    assert "  codebase, run " in recorded("metrics")
    assert "farewell.py:farewell  symbol, run " in recorded("metrics", "farewell.py:farewell")
    answer = data(recorded, "metrics", "farewell.py")
    found = {metric["name"]: metric["value"] for metric in answer["metrics"]}
    assert (answer["scope"], found["return_count"], found["statements"]) == ("file", 2, 6)
    recorded("metrics", "nowhere", code=2, told="no file or symbol “nowhere”")


def test_metrics_are_defined_without_a_database(gsdb: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPH_SITTER_DB_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert "McCabe 1976" in gsdb("metrics", "--list")
    assert {"name", "definition", "source"} <= data(gsdb, "metrics", "--list")[0].keys()


@pytest.mark.parametrize(
    "question",
    [
        ["runs"],
        ["show", "latest"],
        ["summary"],
        ["files"],
        ["symbols", "greet"],
        ["metrics"],
        ["metrics", "--list"],
        ["deps", "greet"],
        ["issues"],
        ["compare", "latest"],
    ],
    ids=lambda words: words[0],
)
def test_questions_load_nothing_heavy(related: Ask, question: list[str]) -> None:
    heavy = {"graph_sitter", "sqlalchemy", "alembic", "rich", "tree_sitter", "networkx"}
    assert not heavy & _loaded_by(question)


def test_questions_that_name_no_folder_load_no_git(recorded: Ask) -> None:
    run = data(recorded, "runs")[0]["id"]
    assert "pygit2" in _loaded_by(["runs"])
    for question in (["runs", "--all"], ["show", run], ["files", "--run", run]):
        assert "pygit2" not in _loaded_by(question)


def _loaded_by(question: list[str]) -> set[str]:
    code = (
        "import sys; from graph_sitter_db.cli.entry import run; code = run(sys.argv[1:]);"
        "print(*{name.split('.')[0] for name in sys.modules}, file=sys.stderr);"
        "sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *question], capture_output=True, text=True, env=os.environ
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


def test_an_explanation_lists_what_the_score_lost(related: Ask) -> None:
    told = data(related, "explain")
    assert sum(loss["points"] for loss in told["losses"]) == pytest.approx(100 - told["score"])
    assert told["debt_rating"] in "ABCDE"
    page = related("explain", "--limit", "1")
    assert page.startswith("Score ")
    assert "Worst first" in page


def test_rules_are_listed_as_they_are_set_here(gsdb: Ask, repository: Path) -> None:
    (repository / "pyproject.toml").write_text(
        '[tool.graph-sitter-db]\ndisable = ["mutable_default"]\nlimits.long_function.lines = 9\n'
    )
    rules = {rule["name"]: rule for rule in data(gsdb, "rules", "list")}
    assert rules["mutable_default"]["is_on"] is False
    assert rules["long_function"]["limits"]["lines"] == 9
    assert "mutable_default" in gsdb("rules", "list")
    assert "Python evaluates a default once" in gsdb("rules", "show", "mutable_default")
    gsdb("rules", "show", "no_such", code=2, told="No rule is called 'no_such'")


def test_a_rule_in_sql_runs_on_any_run(recorded: Ask, tmp_path: Path) -> None:
    rule = tmp_path / "named.sql"
    rule.write_text(
        "-- rule: named\n-- title: Has a name\n-- key: path, symbol\n"
        "SELECT file_path AS path, symbol_key AS symbol, name AS message\n"
        "FROM codebase.code_elements WHERE snapshot_id = :snapshot ORDER BY 1, 2\n"
    )
    newest = data(recorded, "rules", "run", str(rule))
    before = data(recorded, "rules", "run", str(rule), "--run", "HEAD~1")
    fresh = data(recorded, "rules", "run", str(rule), "--since", "HEAD~1")
    known = {issue["fingerprint"] for issue in before}
    assert [i["symbol"] for i in fresh] == [
        i["symbol"] for i in newest if i["fingerprint"] not in known
    ]
    assert fresh
    recorded("rules", "run", str(rule), "--exit-code", code=1)
    recorded("rules", "run", str(tmp_path / "none.sql"), code=2, told="cannot be read")
