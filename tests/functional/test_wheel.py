"""A wheel from a clean clone, installed with plain pip and no constraints, works."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]

OPEN_A_CODEBASE = """
from graph_sitter import Codebase
from graph_sitter_db import get_codebase_summary_enhanced
print(get_codebase_summary_enhanced(Codebase.from_string("def f(): ...", language="python")))
"""


def run(
    *command: str | Path, cwd: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an sdist of a clean clone, and the wheel built from that sdist."""
    folder = tmp_path_factory.mktemp("dist")
    clone = tmp_path_factory.mktemp("clone") / "project"
    run("git", "clone", "--quiet", ROOT, clone, cwd=folder)
    run(sys.executable, "-m", "build", "--outdir", folder, clone, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def installed(distributions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of a new environment that holds the wheel and what pip chose for it."""
    folder = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    binaries = folder / "venv" / "bin"
    (wheel,) = distributions.glob("*.whl")
    run(binaries / "python", "-m", "pip", "install", "--quiet", wheel, cwd=folder)
    return binaries


def test_it_carries_the_sql_and_the_type_marker(distributions: Path) -> None:
    (wheel,) = distributions.glob("*.whl")
    names = run(sys.executable, "-m", "zipfile", "--list", wheel, cwd=distributions).stdout
    assert "graph_sitter_db/py.typed" in names
    tracked = run("git", "ls-files", "sql", cwd=ROOT).stdout.split()
    assert tracked
    assert [path for path in tracked if f"graph_sitter_db/{path} " not in names] == []


def test_both_commands_answer(installed: Path, tmp_path: Path) -> None:
    for command in ("graph-sitter-db", "gsdb"):
        assert "0.1.0" in run(installed / command, "--version", cwd=tmp_path).stdout


def test_the_sql_is_printed_from_the_installed_files(installed: Path, tmp_path: Path) -> None:
    assert "CREATE TABLE" in run(installed / "graph-sitter-db", "db", "sql", cwd=tmp_path).stdout


def test_graph_sitter_opens_a_codebase(installed: Path, tmp_path: Path) -> None:
    done = run(installed / "python", "-c", OPEN_A_CODEBASE, cwd=tmp_path)
    assert "1 functions" in done.stdout


def test_it_records_a_repository(installed: Path, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "greeting.py").write_text("def greet(name):\n    return f'Hello, {name}'\n")
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    run("git", "init", "--quiet", cwd=repository)
    run("git", "add", ".", cwd=repository)
    run("git", *identity, "commit", "--quiet", "--message", "Greet", cwd=repository)
    home = {"GRAPH_SITTER_DB_HOME": str(tmp_path / "home")}
    gsdb = installed / "graph-sitter-db"
    try:
        assert "Quality Score" in run(gsdb, "record", cwd=repository, environment=home).stdout
        assert "greet" in run(gsdb, "symbols", "greet", cwd=repository, environment=home).stdout
    finally:
        run(gsdb, "db", "stop", cwd=repository, environment=home)
