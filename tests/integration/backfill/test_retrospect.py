"""What a filled history answers."""

from pathlib import Path

import pytest
from tests.conftest import Git, Write

from graph_sitter_db import CodebaseDBAdapter
from graph_sitter_db.errors import UsageError


@pytest.fixture
def filled(past: Path, adapter: CodebaseDBAdapter) -> CodebaseDBAdapter:
    adapter.backfill(past, languages=["python"])
    return adapter


def test_a_trend_follows_the_first_parents_unless_all_are_asked_for(
    past: Path, filled: CodebaseDBAdapter
) -> None:
    own = filled.trend("files", path=past)
    every = filled.trend("files", path=past, all_parents=True)
    assert [each.value for each in own.values] == [2, 3, 3, 3, 4, 5, 5, 5, 6]
    assert len(every.values) == 10
    assert [each.change for each in own.values][:3] == [None, 1, 0]


def test_a_trend_may_be_of_a_file_a_symbol_or_a_folder(
    past: Path, filled: CodebaseDBAdapter
) -> None:
    file = filled.trend("lines_physical", path=past, file="src/b.py")
    assert [each.value for each in file.values] == [2, 2, 2] + [None] * 6
    symbol = filled.trend("parameter_count", path=past, symbol="src/b.py:f")
    assert [each.value for each in symbol.values][:4] == [1, 1, 1, None]
    folder = filled.trend("lines_physical", path=past, folder="src/lib")
    assert [each.value for each in folder.values] == [None] * 3 + [2] * 6


def test_a_trend_marks_where_rules_or_settings_changed(
    past: Path, filled: CodebaseDBAdapter
) -> None:
    found = filled.trend("issues", path=past)
    assert [each.redefined for each in found.values] == [False] * 6 + [True, False, True]
    assert not any(each.redefined for each in filled.trend("files", path=past).values)


def test_a_trend_of_what_nobody_measures_says_what_there_is(
    past: Path, filled: CodebaseDBAdapter
) -> None:
    with pytest.raises(UsageError, match=r"'beauty' is no metric.*cognitive_complexity"):
        filled.trend("beauty", path=past)


def test_an_issue_has_a_commit_that_introduced_it_and_one_that_fixed_it(
    past: Path, git: Git, write: Write, filled: CodebaseDBAdapter
) -> None:
    run = filled.resolve(path=past)
    [issue] = [i for i in filled.issues(run.id) if i.rule == "mutable_default"]
    write(past, {"src/lib/b.py": "def f(x=None):\n    return x\n"})
    git(past, "commit", "-qam", "Mend")
    filled.backfill(past, last=1, languages=["python"])
    found = filled.issue_history(run.codebase_id, issue.fingerprint[:12])
    assert (found.rule, found.is_open) == ("mutable_default", False)
    assert [(each.kind, each.subject, each.exact) for each in found.events] == [
        ("introduced", "First", True),
        ("fixed", "Step 1", True),  # accepted by a comment
        ("introduced", "Step 2", True),
        ("fixed", "Mend", True),
    ]


def test_between_commits_that_are_not_recorded_it_was_that_one_or_an_earlier_one(
    past: Path, git: Git, write: Write, adapter: CodebaseDBAdapter
) -> None:
    write(past, {"src/new.py": "def g(x=[]):\n    return x\n"})
    git(past, "add", "-A")
    git(past, "commit", "-qm", "New")
    write(past, {"README.md": "Bye\n"})
    git(past, "commit", "-qam", "Words")
    adapter.backfill(past, reach="HEAD~2", last=1, languages=["python"])
    adapter.backfill(past, last=1, languages=["python"])
    run = adapter.resolve(path=past)
    [issue] = [i for i in adapter.issues(run.id) if i.path == "src/new.py"]
    [event] = adapter.issue_history(run.codebase_id, issue.fingerprint).events
    assert (event.kind, event.subject, event.exact) == ("introduced", "Words", False)


def test_hotspots_couplings_and_owners_join_git_with_what_is_recorded(
    past: Path, filled: CodebaseDBAdapter
) -> None:
    run = filled.resolve(path=past, language="python")
    hot = filled.hotspots(run, past)
    assert {each.path for each in hot.hotspots} <= {file.path for file in filled.files(run.id)}
    assert sum(each.share for each in hot.hotspots) in (0, pytest.approx(100, abs=0.1))
    pairs = filled.coupling(run, past, min_revs=1, min_shared=1).pairs
    assert ("src/a.py", "src/same.py") not in {(each.path, each.other) for each in pairs}
    assert {each.related for each in pairs} <= {None}
    owners = filled.owners(run, past)
    assert (owners.bus_factor, [each.author for each in owners.owners]) == (1, ["Ada"])


def test_files_of_which_one_depends_on_the_other_are_left_out(
    past: Path, git: Git, write: Write, adapter: CodebaseDBAdapter
) -> None:
    for number in range(5):
        write(past, {"src/one.py": f"from src.two import two\ntwo({number})\n"})
        write(past, {"src/two.py": f"def two(x):\n    return x + {number}\n"})
        write(past, {"src/three.py": f"three = {number}\n"})
        git(past, "add", "-A")
        git(past, "commit", "-qm", f"Together {number}")
    adapter.record(past, languages=["python"])
    run = adapter.resolve(path=past)
    found = adapter.coupling(run, past)
    assert {(each.path, each.other) for each in found.pairs} == {
        ("src/one.py", "src/three.py"),
        ("src/three.py", "src/two.py"),
    }
    assert found.related == 1
    every = adapter.coupling(run, past, related=True)
    assert [each.related for each in every.pairs].count(True) == 1
    [hot] = [h for h in adapter.hotspots(run, past).hotspots if h.path == "src/two.py"]
    assert (hot.commits, hot.fan_in) == (5, 1)
