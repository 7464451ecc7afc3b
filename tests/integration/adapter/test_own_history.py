"""This repository's own history: no issue is new and fixed at once without a change of its code."""

import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from graph_sitter_db import CodebaseDBAdapter
from graph_sitter_db.model.reports import Comparison

ROOT = Path(__file__).parents[3]
FOLDER = "src/graph_sitter_db/detect"


def git(*words: str) -> str:
    done = subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def test_an_issue_is_both_new_and_fixed_only_where_its_code_changed(
    adapter: CodebaseDBAdapter,
) -> None:
    commits = git("log", "--first-parent", "--format=%H", "-n", "31", "--", FOLDER).split()[::-1]
    if len(commits) < 31:
        pytest.skip("needs a full clone of this repository")
    runs = [
        adapter.record(ROOT / FOLDER, commit=commit, depth="syntax", languages=["python"])[0]
        for commit in commits
    ]
    assert sum(len(run.issues) for run in runs) > 30
    for before, after in pairwise(runs):
        assert before.id and after.id
        compared = adapter.compare_analyses(before.id, after.id)
        assert unexplained(compared) == []


def unexplained(compared: Comparison) -> list[tuple[str, str | None]]:
    symbols = {(each.path, each.key) for each in compared.symbols}
    files = {each.path for each in compared.files}
    fixed = {(issue.rule, issue.symbol) for issue in compared.issues_fixed}
    return [
        (issue.rule, issue.symbol)
        for issue in compared.issues_new
        if (issue.rule, issue.symbol) in fixed
        and (issue.path, issue.symbol) not in symbols
        and not (issue.symbol is None and issue.path in files)
    ]
