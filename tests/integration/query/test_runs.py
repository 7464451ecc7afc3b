"""Which runs there are, and which one a person means."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest

from graph_sitter_db import query
from graph_sitter_db.errors import UsageError
from graph_sitter_db.model.keys import Depth, Family

type Connection = psycopg.Connection[Any]
type Record = Callable[..., UUID]
type Sha = Callable[[int], str]

ONE = {"a.py": {"symbols": {"f": "1"}}}
TWO = {"a.py": {"symbols": {"f": "2"}}}
THREE = {"a.py": {"symbols": {"f": "3"}}}


def test_runs_come_in_the_order_of_the_history_not_of_recording(
    conn: Connection, record: Record
) -> None:
    third, first, second = record(THREE, 3), record(ONE, 1), record(TWO, 2)
    assert [run.id for run in query.runs(conn)] == [third, second, first]


def test_a_run_tells_what_was_recorded(conn: Connection, record: Record, sha: Sha) -> None:
    files = {"a.py": {"symbols": {"C": "c", "C.m": "m"}, "edges": [("C", "inherit", "abc.ABC")]}}
    run = query.run(conn, record(files, 4, score=91.5))
    assert (run.codebase, run.language, run.branch) == ("acme/shop", "python", "main")
    assert (run.commit, run.commit_subject) == (sha(4), "Step 4")
    assert (run.files, run.lines, run.symbols, run.edges) == (1, 10, 2, 1)
    assert (run.quality_score, run.grade, run.resolution_rate) == (91.5, "B", 0.5)


def test_runs_can_be_narrowed(conn: Connection, record: Record) -> None:
    here = record(ONE, 1)
    there = record(ONE, 1, repository="acme/till")
    aside = record(TWO, 2, branch="aside")
    assert [run.id for run in query.runs(conn, repository="acme/till")] == [there]
    assert [run.id for run in query.runs(conn, branch="aside")] == [aside]
    codebase = query.run(conn, here).codebase_id
    assert {run.id for run in query.runs(conn, codebase_id=codebase)} == {here, aside}
    assert len(query.runs(conn, limit=1)) == 1


def test_days_count_from_the_analysis_not_from_the_commit(
    conn: Connection, record: Record, installed_database: str
) -> None:
    lately, long_ago = record(ONE, 1), record(TWO, 2)
    with psycopg.connect(installed_database) as owner:
        owner.execute(
            "UPDATE analytics.analysis_runs SET started_at = now() - interval '40 days'"
            " WHERE id = %s",
            [long_ago],
        )
    assert [run.id for run in query.runs(conn, days=30)] == [lately]


def test_runs_that_came_to_nothing_can_be_left_out(
    conn: Connection, record: Record, installed_database: str
) -> None:
    good, bad = record(ONE, 1), record(TWO, 2)
    with psycopg.connect(installed_database) as owner:
        statement = "UPDATE analytics.analysis_runs SET status = 'failed' WHERE id = %s"
        owner.execute(statement, [bad])
    assert [(run.id, run.status) for run in query.runs(conn)][:1] == [(bad, "failed")]
    assert [run.id for run in query.runs(conn, finished=True)] == [good]
    assert query.run(conn, "latest").id == good


def test_without_git_every_state_is_kept_and_with_git_only_the_last_working_tree(
    conn: Connection, record: Record
) -> None:
    bare = [record(files, None, repository="folder") for files in (ONE, TWO, THREE)]
    assert [run.id for run in query.runs(conn, repository="folder")] == bare[::-1]
    clean = record(ONE, 1)
    trees = [record(files, 1, dirty=True) for files in (TWO, THREE)]
    found = [run.id for run in query.runs(conn, repository="acme/shop")]
    assert found == [trees[1], clean]


@pytest.mark.parametrize("form", ["id", "short_id", "commit", "abbreviated", "branch", "latest"])
def test_a_run_is_found_by_every_kind_of_name(conn: Connection, record: Record, form: str) -> None:
    record(ONE, 1, branch="old")
    wanted = query.run(conn, record(TWO, 2))
    names = {
        "id": str(wanted.id),
        "short_id": wanted.short_id,
        "commit": wanted.commit,
        "abbreviated": (wanted.commit or "")[:4].upper(),
        "branch": "main",
        "latest": "latest",
    }
    assert query.run(conn, names[form] or "").id == wanted.id


def test_of_two_depths_the_graph_is_meant(conn: Connection, record: Record, sha: Sha) -> None:
    deep = record(ONE, 1)
    record(ONE, 1, depth=Depth.SYNTAX)
    assert {query.run(conn, name).id for name in ("latest", "main", sha(1))} == {deep}


def test_a_newer_commit_comes_before_a_deeper_run(conn: Connection, record: Record) -> None:
    record(ONE, 1)
    shallow = record(TWO, 2, depth=Depth.SYNTAX)
    assert query.run(conn, "latest").id == shallow


def test_a_commit_means_its_clean_state(conn: Connection, record: Record, sha: Sha) -> None:
    clean = record(ONE, 1)
    dirty = record(TWO, 1, dirty=True)
    assert query.run(conn, sha(1)).id == clean
    assert query.run(conn, "main").id == dirty


def test_two_languages_are_told_apart_by_name(conn: Connection, record: Record) -> None:
    record(ONE, 1)
    script = record(ONE, 1, family=Family.TYPESCRIPT)
    with pytest.raises(UsageError, match=r"means several runs; name the language"):
        query.run(conn, "latest")
    assert query.run(conn, "latest", language="typescript").id == script


def test_two_repositories_are_told_apart_by_name(conn: Connection, record: Record) -> None:
    first = record(ONE, 1)
    last = record(ONE, 1, repository="acme/till")
    with pytest.raises(UsageError, match=r"name the repository(.|\n)*acme/shop(.|\n)*acme/till"):
        query.run(conn, "main")
    assert query.run(conn, "main", repository="acme/shop").id == first
    assert query.run(conn, "latest").id == last  # what was recorded last


def test_too_few_digits_of_a_commit_are_refused_with_the_candidates(
    conn: Connection, record: Record, sha: Sha
) -> None:
    commits: dict[str, int] = {}
    for number in range(1, 2000):
        other = commits.setdefault(sha(number)[:4], number)
        if other != number:
            break
    record(ONE, other), record(TWO, number)
    with pytest.raises(UsageError, match=r"give more digits") as raised:
        query.run(conn, sha(number)[:4])
    assert sha(number)[:12] in str(raised.value)
    assert sha(other)[:12] in str(raised.value)


@pytest.mark.parametrize(
    "name", ["nothing", "abc", "0190c3f2-66cf-4795-bef1-84d5789a29f7", "100%", "'"]
)
def test_an_unknown_name_is_answered_with_what_to_do(
    conn: Connection, record: Record, name: str
) -> None:
    record(ONE, 1)
    with pytest.raises(UsageError, match=r"graph-sitter-db runs"):
        query.run(conn, name)


def test_nothing_recorded_is_said(conn: Connection) -> None:
    with pytest.raises(UsageError, match=r"record one with"):
        query.run(conn, "latest")
    with pytest.raises(UsageError, match=r"Nothing is recorded of acme/shop"):
        query.newest(conn, "acme/shop")
    assert query.runs(conn) == []


def test_the_newest_state_of_a_repository_is_of_its_branch_and_larger_language(
    conn: Connection, record: Record
) -> None:
    large = record({**ONE, "b.py": {}}, 1)
    small = record({"a.ts": {}}, 1, family=Family.TYPESCRIPT)
    aside = record({**TWO, "b.py": {}}, 2, branch="aside")
    assert query.newest(conn, "acme/shop", branch="main").id == large
    assert query.newest(conn, "acme/shop").id == aside
    assert query.newest(conn, "acme/shop", branch="unrecorded").id == aside
    assert query.newest(conn, "acme/shop", language="typescript").id == small


def test_a_repository_has_a_codebase_for_each_language(conn: Connection, record: Record) -> None:
    record(ONE, 1), record(TWO, 2), record(ONE, 1, family=Family.TYPESCRIPT)
    found = query.find_codebases(conn, "acme/shop")
    assert [(each.language, each.runs) for each in found] == [("python", 2), ("typescript", 1)]
    assert query.find_codebases(conn, "acme/shop", "src") == []


def test_the_previous_run_is_the_state_before_on_the_same_branch(
    conn: Connection, record: Record
) -> None:
    third, first = record(THREE, 4), record(ONE, 1)
    record(TWO, 3, branch="aside")
    second = record(TWO, 2)
    assert [_previous(conn, run) for run in (third, second, first)] == [second, first, None]


def test_the_previous_run_is_of_the_same_depth_if_there_is_one(
    conn: Connection, record: Record
) -> None:
    deep = record(ONE, 1)
    shallow = record(TWO, 2, depth=Depth.SYNTAX)
    assert _previous(conn, shallow) == deep
    assert _previous(conn, record(THREE, 3)) == deep
    assert _previous(conn, record(THREE, 3, depth=Depth.SYNTAX)) == shallow


def test_another_run_of_the_same_commit_is_not_the_one_before(
    conn: Connection, record: Record
) -> None:
    record(ONE, 1, depth=Depth.SYNTAX), record(ONE, 1, version="0")
    assert _previous(conn, record(ONE, 1)) is None


def test_a_working_tree_follows_its_commit_and_no_commit_follows_it(
    conn: Connection, record: Record
) -> None:
    clean = record(ONE, 1)
    first, second = record(TWO, 1, dirty=True), record(THREE, 1, dirty=True)
    assert [_previous(conn, run) for run in (first, second)] == [clean, clean]
    assert _previous(conn, record(THREE, 2)) == clean


def test_without_git_each_state_follows_the_one_before(conn: Connection, record: Record) -> None:
    runs = [record(files, None) for files in (ONE, TWO, THREE)]
    assert [_previous(conn, run) for run in runs] == [None, *runs[:2]]


def _previous(conn: Connection, run: UUID) -> UUID | None:
    found = query.previous_run(conn, run)
    return found.id if found else None


def test_equal_names_at_different_hosts_are_different_repositories(
    conn: Connection, record: Record
) -> None:
    here = record({}, 1, provider="github", repository="team/lib")
    there = record({"a.py": {}}, 2, provider="gitlab", repository="team/lib")
    for provider, expected in (("github", here), ("gitlab", there)):
        found = query.runs(conn, provider=provider, repository="team/lib")
        assert [run.id for run in found] == [expected]
        assert query.newest(conn, "team/lib", provider=provider).id == expected
        meant = query.run(conn, "main", provider=provider, repository="team/lib")
        assert meant.id == expected
        (codebase,) = query.find_codebases(conn, "team/lib", provider=provider)
        assert codebase.runs == 1
