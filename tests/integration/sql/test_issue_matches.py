"""Which issues of two snapshots are the same: by fingerprint, and by path or a move."""

from collections.abc import Mapping, Sequence

import pytest
from tests.integration.sql.conftest import File, Recorder, value

type Files = Mapping[str, File]
type Told = set[tuple[str, str]]


def flawed(*symbols: str, text: str = "", accepted: Sequence[str] = ()) -> File:
    """A file whose symbols all have an issue; `f=2` is an `f` of other code than `f`."""
    bodies = {each.partition("=")[0]: each for each in symbols}
    issues = [(f"deep_nesting@{name}", 5.0) for name in bodies]
    comments = [f"deep_nesting@{name}" for name in accepted]
    text = f"{text} {symbols} {accepted}"
    return File(text, bodies | dict.fromkeys(accepted, ""), issues=issues, accepted=comments)


def clean(*symbols: str, text: str = "clean") -> File:
    return File(f"{text} {symbols}", dict.fromkeys(symbols, "clean"))


def told(recorder: Recorder, before: Files, after: Files) -> Told:
    """Pairs of places: where an issue was, and where it is; `-` for nowhere, `+` for accepted."""
    a, b = recorder.snapshot(before), recorder.snapshot(after)
    rows = recorder.app.execute(_TOLD, (a, b)).fetchall()
    assert len(rows) == len(set(rows)), "each issue once"
    return set(rows)


_PLACE = """
    SELECT i.id, f.path || coalesce(':' || i.symbol, '') AS place FROM codebase.{} i
    JOIN codebase.file_versions v ON v.id = i.file_version_id
    JOIN codebase.files f ON f.id = v.file_id
"""
_TOLD = f"""
    WITH places AS ({_PLACE.format("issue_records")}),
    accepted AS ({_PLACE.format("accepted_issues")})
    SELECT coalesce(b.place, '-'), coalesce(a.place, '+' || x.place, '-')
    FROM codebase.issue_matches(%s, %s) m
    LEFT JOIN places b ON b.id = m.before_id LEFT JOIN places a ON a.id = m.after_id
    LEFT JOIN accepted x ON x.id = m.accepted_id
"""


def test_an_issue_stays_the_same_while_its_file_changes(recorder: Recorder) -> None:
    before = {"a.py": flawed("f"), "b.py": flawed("f")}
    after = {"a.py": flawed("f=other", text="longer"), "b.py": flawed("f")}
    assert told(recorder, before, after) == {("a.py:f", "a.py:f"), ("b.py:f", "b.py:f")}


def test_it_is_followed_to_the_new_name_of_its_file(recorder: Recorder) -> None:
    before, after = {"a.py": flawed("f")}, {"b.py": flawed("f")}
    assert told(recorder, before, after) == {("a.py:f", "b.py:f")}


def test_it_is_followed_to_a_file_that_was_there_before(recorder: Recorder) -> None:
    before = {"a.py": flawed("f", "g"), "b.py": clean("h")}
    after = {"a.py": flawed("g"), "b.py": flawed("f", "h")}
    assert told(recorder, before, after) == {
        ("a.py:f", "b.py:f"),
        ("a.py:g", "a.py:g"),
        ("-", "b.py:h"),
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"a.py": clean("f")}),  # what is left may only call it
        ({"b.py": clean("f")}, {}),  # what was there may have been a stub
    ],
    ids=["new at the other path", "gone from its path"],
)
def test_a_symbol_that_came_or_left_is_evidence_enough(
    recorder: Recorder, before: Files, after: Files
) -> None:
    before, after = {"a.py": flawed("f"), **before}, {"b.py": flawed("f"), **after}
    assert told(recorder, before, after) == {("a.py:f", "b.py:f")}


def test_mended_here_and_made_there_is_no_move(recorder: Recorder) -> None:
    before = {"b.py": flawed("f"), "d.py": clean("f")}
    after = {"b.py": clean("f"), "d.py": flawed("f")}
    assert told(recorder, before, after) == {("b.py:f", "-"), ("-", "d.py:f")}


def test_issues_of_whole_files_follow_the_file_only(recorder: Recorder) -> None:
    long, short = File("long", issues=[("long_file", 5)]), File("short")
    other = File("also long", issues=[("long_file", 5)])
    assert told(recorder, {"a.py": long}, {"b.py": other}) == {("a.py", "b.py")}
    assert told(recorder, {"a.py": long, "b.py": short}, {"a.py": short, "b.py": other}) == {
        ("a.py", "-"),
        ("-", "b.py"),
    }


def test_of_two_that_could_have_moved_one_did(recorder: Recorder) -> None:
    before = {"a.py": flawed("f"), "b.py": flawed("f", text="b")}
    after = {"c.py": flawed("f", text="c")}
    assert told(recorder, before, after) == {("a.py:f", "c.py:f"), ("b.py:f", "-")}


def test_one_that_could_have_moved_to_two_places_moved_to_one(recorder: Recorder) -> None:
    before, after = {"a.py": flawed("f")}, {"c.py": flawed("f"), "b.py": flawed("f")}
    assert told(recorder, before, after) == {("a.py:f", "b.py:f"), ("-", "c.py:f")}


def test_those_whose_code_is_the_same_belong_together(recorder: Recorder) -> None:
    before = {"a.py": flawed("f=1"), "b.py": flawed("f=2"), "c.py": flawed("f=3")}
    after = {"x.py": flawed("f=3"), "y.py": flawed("f=1"), "z.py": flawed("f=new")}
    assert told(recorder, before, after) == {
        ("a.py:f", "y.py:f"),
        ("b.py:f", "z.py:f"),
        ("c.py:f", "x.py:f"),
    }


def test_a_symbol_is_gone_when_its_last_namesake_is(recorder: Recorder) -> None:
    """The number behind a repeated name says nothing about which of them it was."""
    twice = File("twice", {"f": "1"}, issues=[("deep_nesting@f#1", 5)])
    moved = File("moved", {"f": "1"}, issues=[("deep_nesting@f#1", 5)])
    before, after = {"a.py": twice, "b.py": clean("f")}, {"a.py": clean("f"), "b.py": moved}
    assert told(recorder, before, after) == {("a.py:f#1", "-"), ("-", "b.py:f#1")}


def test_an_issue_that_a_comment_accepts_since_is_not_fixed(recorder: Recorder) -> None:
    accepted = flawed(accepted=["f"])
    assert told(recorder, {"a.py": flawed("f")}, {"a.py": accepted}) == {("a.py:f", "+a.py:f")}
    assert told(recorder, {"a.py": flawed("f")}, {"b.py": accepted}) == {("a.py:f", "+b.py:f")}
    assert told(recorder, {"a.py": accepted}, {"a.py": flawed("f")}) == {("-", "a.py:f")}
    for after in ({"a.py": accepted}, {"b.py": accepted}, {"a.py": clean("f")}, {}):
        assert told(recorder, {"a.py": accepted}, after) == set()
    assert told(recorder, {}, {"a.py": accepted}) == set()


def test_without_a_first_snapshot_every_issue_is_new(recorder: Recorder) -> None:
    snapshot = recorder.snapshot({"a.py": flawed("f", "g")})
    count = "SELECT count(*) FROM codebase.issue_matches(NULL, %s) WHERE before_id IS NULL"
    assert value(recorder.app, count, snapshot) == 2


def test_equal_issues_of_one_file_are_told_apart_even_where_fingerprints_are_not(
    recorder: Recorder,
) -> None:
    twice, once = (File(f"{n}", issues=[("rule", 5)] * n) for n in (2, 1))
    for path in ("a.py", "b.py"):
        assert _pairs(recorder, {"a.py": twice}, {path: twice}) == [2, 0, 0]
        assert _pairs(recorder, {"a.py": twice}, {path: once}) == [1, 1, 0]


def _pairs(recorder: Recorder, before: Files, after: Files) -> list[int]:
    """How many stay, are gone, are new."""
    counts = """
        SELECT count(*) FILTER (WHERE before_id > 0 AND after_id > 0),
            count(*) FILTER (WHERE after_id IS NULL), count(*) FILTER (WHERE before_id IS NULL)
        FROM codebase.issue_matches(%s, %s)
    """
    pair = recorder.snapshot(before), recorder.snapshot(after)
    return list(recorder.app.execute(counts, pair).fetchall()[0])
