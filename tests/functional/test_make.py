"""The Makefile and the script behind it: what the first minute with the project feels like."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

type Git = Callable[..., str]

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


@pytest.fixture
def ready(folder: Path) -> Path:
    """The set-up with an environment that fits, whose program tells what it is called with."""
    (folder / ".venv" / "bin").mkdir(parents=True)
    command = folder / ".venv" / "bin" / "graph-sitter-db"
    command.write_text('#!/bin/sh\necho "called with $*"\n')
    command.chmod(0o755)
    target = re.findall(r"\.venv/runtime-\w+", make(folder, "--dry-run", "record").stdout)[0]
    (folder / target).touch()
    return folder


def test_an_environment_that_fits_is_used_without_asking_again(ready: Path) -> None:
    done = make(ready, "record", "REPO=/some/where", "ARGS=--depth syntax")
    assert done.stdout == "called with record /some/where --depth syntax\n"
    assert done.stderr == ""


@pytest.fixture
def committed(tmp_path_factory: pytest.TempPathFactory, git: Git) -> Path:
    root = tmp_path_factory.mktemp("committed")
    git(root, "init", "-q")
    (root / "part").mkdir()
    for path in ("a.py", "part/b.py"):
        (root / path).write_text("x = 1\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "First")
    return root


def test_head_is_recorded_whatever_is_uncommitted(ready: Path, committed: Path) -> None:
    root = committed
    (root / "a.py").write_text("x = 2\n")
    for path in (f"{root}", f"{root}/part", "~/" + os.path.relpath(root, ready)):
        done = make(ready, "record", f"REPO={path}", HOME=str(ready))
        assert done.stdout == f"called with record {path} --commit HEAD\n"
    done = make(ready, "record", f"REPO={root}", "ARGS=--commit HEAD~1")
    assert done.stdout.endswith("--commit HEAD --commit HEAD~1\n"), "the last one counts"


def test_what_git_has_no_commit_of_is_recorded_as_it_lies(
    ready: Path, committed: Path, tmp_path_factory: pytest.TempPathFactory, git: Git
) -> None:
    plain, fresh = (tmp_path_factory.mktemp(name) for name in ("plain", "fresh"))
    git(fresh, "init", "-q")
    (new := committed / "new").mkdir()
    for path in (plain, fresh, new):
        assert make(ready, "record", f"REPO={path}").stdout == f"called with record {path}\n"


@pytest.mark.parametrize("changed", ["pyproject.toml", "constraints.txt"])
def test_a_changed_dependency_makes_the_environment_anew(folder: Path, changed: str) -> None:
    before = make(folder, "--dry-run", "record").stdout
    with (folder / changed).open("a") as file:
        file.write("# changed\n")
    assert make(folder, "--dry-run", "record").stdout != before
