"""A change is judged by the command line: exit codes, the page, and the document."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from graph_sitter_db.cli import entry

type Ask = Callable[..., str]

DEBUGGED = '''"""Asks."""


def ask(name: str) -> str:
    breakpoint()
    return name
'''


@pytest.fixture
def gsdb(
    repository: Path,
    installed_database: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Ask:
    """Runs a command on branch `change` of the repository; what it prints, and its exit code."""
    monkeypatch.setenv("GRAPH_SITTER_DB_URL", installed_database)
    for name in ("GITHUB_BASE_REF", "GITHUB_REF", "CI_MERGE_REQUEST_DIFF_BASE_SHA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(repository)
    git(repository, "switch", "--quiet", "--create", "change")

    def ask(*arguments: str, code: int = 0) -> str:
        capsys.readouterr()
        ended = entry.run(arguments)
        printed, complaint = capsys.readouterr()
        assert ended == code, printed + complaint
        return printed or complaint

    return ask


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True)


def commit(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "Ask")


def test_a_change_is_judged_with_the_codes_that_ci_acts_on(gsdb: Ask, repository: Path) -> None:
    commit(repository, ask=DEBUGGED)
    assert "is not recorded" in gsdb("gate", code=3)
    gsdb("record", "--depth", "syntax")
    assert "--record-base" in gsdb("gate", code=3)
    page = gsdb("gate", "--record-base", code=1)
    assert page.startswith("failed  ")
    assert "ask.py:5 ask" in page
    assert page.splitlines()[3].startswith("failed  patch.issues")
    assert "Keys there:" in gsdb("gate", "--policy", str(wrong(repository)), code=2)
    commit(repository, ask=DEBUGGED.replace("    breakpoint()\n", ""))
    gsdb("record", "--depth", "syntax")
    (verdict,) = json.loads(gsdb("gate", "--json"))
    assert verdict["status"] == "passed"


def wrong(repository: Path) -> Path:
    file = repository.parent / "gate.yml"
    file.write_text("project:\n  score: {tolerance: 3}\n")
    return file


def test_a_run_waits_while_no_database_answers(
    gsdb: Ask, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPH_SITTER_DB_SPOOL", str(tmp_path / "spool"))
    nowhere = ("--depth", "syntax", "--url", "postgresql://127.0.0.1:1/none")
    gsdb("record", *nowhere, code=5)
    assert "record it with: graph-sitter-db flush" in gsdb("record", "--spool", *nowhere)
    assert "Quality Score" in gsdb("flush")
    assert "Nothing is spooled" in gsdb("flush")
    gsdb("gate", "--base", "HEAD~1", "--record-base")
