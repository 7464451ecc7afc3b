"""The commands about the past, as they are typed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graph_sitter_db.cli import entry

type Ask = Callable[..., str]


@pytest.fixture
def gsdb(
    past: Path,
    installed_database: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Ask:
    """Runs a command in the repository; what it prints."""
    monkeypatch.setenv("GRAPH_SITTER_DB_URL", installed_database)
    monkeypatch.chdir(past)

    def ask(*arguments: str, code: int = 0) -> str:
        capsys.readouterr()
        ended = entry.run(arguments)
        printed, complaint = capsys.readouterr()
        assert ended == code, complaint
        return printed or complaint

    return ask


def data(gsdb: Ask, *arguments: str) -> Any:
    return json.loads(gsdb(*arguments, "--json"))


def test_the_past_is_filled_and_asked(gsdb: Ask) -> None:
    assert gsdb("backfill", "--last", "3").startswith("6 runs recorded of 3 commits in ")
    assert "6 runs were there already" in gsdb("backfill", "--all")
    assert data(gsdb, "backfill", "--tags")["already"] == 2
    trend = gsdb("trend", "files", "--language", "python")
    assert "9 commits at depth syntax" in trend
    assert "Step 5" not in trend and "Step 6" in trend  # which moved it
    assert "^" in gsdb("trend", "issues", "--language", "python")
    assert "in 9 commits; complexity as of run " in gsdb("hotspots", "--language", "python")
    assert "without a graph" in gsdb("coupling", "--min-revs", "1", "--min-shared", "1")
    assert gsdb("owners", "--language", "python").startswith("Bus factor 1: without 1 person, ")
    (issue,) = (
        each
        for each in data(gsdb, "issues", "--language", "python")
        if each["rule"] == "mutable_default"
    )
    life = gsdb("blame-issue", issue["fingerprint"][:10], "--language", "python")
    assert "introduced" in life and "First" in life and "open" in life
    kept = gsdb("retain", "--dry-run", "--language", "python")
    assert "0 runs of 10 would go" in kept and "In a year" in kept


def test_a_date_or_number_that_is_none_is_refused(gsdb: Ask) -> None:
    assert "does not match the formats" in gsdb("backfill", "--since", "yesterday", code=2)
    assert "is not in the range" in gsdb("backfill", "--every", "0", code=2)
    assert "no commit 'nowhere'" in gsdb("backfill", "--rev-range", "nowhere..HEAD", code=3)
