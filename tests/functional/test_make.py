"""The Makefile and the script behind it: what the first minute with the project feels like."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = ("Makefile", "scripts", "pyproject.toml", "constraints.txt")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The project's set-up, without an environment and without sources."""
    for name in SCRIPTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name)
        else:
            shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def make(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def tools_without_python(folder: Path) -> str:
    """A PATH with what a small machine has, and no Python."""
    tools = folder / "tools"
    tools.mkdir()
    for name in ("sh", "git", "make", "cat", "tr", "grep", "tail", "dirname", "awk", "rm", "touch"):
        found = shutil.which(name)
        assert found, name
        (tools / name).symlink_to(found)
    return str(tools)


def test_make_alone_lists_every_target(folder: Path) -> None:
    declared = re.findall(r"^\.PHONY: (.+)$", (folder / "Makefile").read_text(), re.M)[0].split()
    listed = re.findall(r"^  make (\w+)", make(folder).stdout, re.M)
    assert listed == declared


def test_without_a_fitting_python_it_says_what_to_install(folder: Path) -> None:
    done = make(folder, "record", PATH=tools_without_python(folder), HOME=str(folder))
    assert done.returncode != 0
    assert "needs Python 3.12 or 3.13" in done.stderr
    assert "apt install python3.13" in done.stderr
    assert not (folder / ".venv").exists()


def test_a_python_that_does_not_run_is_passed_over(folder: Path) -> None:
    path = tools_without_python(folder)
    for name in ("python3.13", "python3.12", "python3"):
        shim = Path(path, name)
        shim.write_text("#!/bin/sh\necho command not found >&2\nexit 127\n")
        shim.chmod(0o755)
    done = make(folder, "record", PATH=path, HOME=str(folder))
    assert "needs Python 3.12 or 3.13" in done.stderr
    assert "command not found" not in done.stderr


def test_an_environment_that_fits_is_used_without_asking_again(folder: Path) -> None:
    (folder / ".venv" / "bin").mkdir(parents=True)
    command = folder / ".venv" / "bin" / "graph-sitter-db"
    command.write_text('#!/bin/sh\necho "called with $*"\n')
    command.chmod(0o755)
    target = re.findall(r"\.venv/runtime-\w+", make(folder, "--dry-run", "record").stdout)[0]
    (folder / target).touch()
    done = make(folder, "record", "REPO=/some/where", "ARGS=--depth syntax")
    assert done.stdout == "called with record /some/where --depth syntax\n"
    assert done.stderr == ""


@pytest.mark.parametrize("changed", ["pyproject.toml", "constraints.txt"])
def test_a_changed_dependency_makes_the_environment_anew(folder: Path, changed: str) -> None:
    before = make(folder, "--dry-run", "record").stdout
    with (folder / changed).open("a") as file:
        file.write("# changed\n")
    assert make(folder, "--dry-run", "record").stdout != before
