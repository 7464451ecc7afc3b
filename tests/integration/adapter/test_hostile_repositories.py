"""Recording a repository runs nothing of it, reads no configuration as code and writes nothing."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from graph_sitter_db import CodebaseDBAdapter

type Git = Callable[..., str]
type Make = Callable[..., Path]
type Write = Callable[..., Path]

SETTINGS = (
    "alias.status",
    "core.askPass",
    "core.editor",
    "core.fsmonitor",
    "core.gitProxy",
    "core.pager",
    "core.sshCommand",
    "credential.helper",
    "diff.evil.command",
    "diff.evil.textconv",
    "diff.external",
    "filter.evil.clean",
    "filter.evil.process",
    "filter.evil.smudge",
    "gpg.program",
    "merge.evil.driver",
    "remote.origin.receivepack",
    "remote.origin.uploadpack",
    "sequence.editor",
    "uploadpack.packObjectsHook",
    "url.ext::sh -c evil.insteadOf",
)
HOOKS = ("fsmonitor-watchman", "post-checkout", "post-index-change", "reference-transaction")
MODULES = ("conftest", "setup", "sitecustomize", "json", "graph_sitter", "tree_sitter", "psycopg")


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "executed"


@pytest.fixture
def hostile(repository: Make, git: Git, write: Write, tmp_path: Path, marker: Path) -> Path:
    """Whatever git, Python or a package manager could be made to run touches the marker."""
    code = f"open({str(marker)!r}, 'w')\n\n\ndef f(x=[]):\n    return x\n"
    package = f'{{"scripts": {{"preinstall": "touch {marker}", "prepare": "touch {marker}"}}}}'
    root = repository(
        {
            **{f"{name}.py": code for name in MODULES},
            "user.py": "from setup import f\n\nf()\n",
            "web/a.ts": "export function a() {\n  return 1;\n}\n",
            "web/b.ts": "import { a } from './a';\nexport const b = () => a();\n",
            "web/package.json": package,
            "web/tsconfig.json": '{"compilerOptions": {"plugins": [{"name": "./evil"}]}}',
            ".gitattributes": "* filter=evil diff=evil merge=evil text eol=crlf\n",
            ".gitmodules": f'[submodule "s"]\n\tpath = s\n\turl = ext::touch {marker}\n',
            ".env": "GRAPH_SITTER_DB_URL=postgresql://elsewhere/x\nPGPASSWORD=stolen\n",
        }
    )
    trap = write(tmp_path, {"trap": f"#!/bin/sh\ntouch {marker}\ncat\n"}) / "trap"
    trap.chmod(0o755)
    write(root, {".git/traps": f'[core]\n\talternateRefsCommand = "{trap}"\n'})
    for setting in SETTINGS:
        git(root, "config", setting, str(trap))
    git(root, "config", "include.path", "traps")
    git(root, "config", "remote.origin.url", f"ext::{trap}")
    git(root, "config", "remote.origin.promisor", "true")
    git(root, "config", "remote.origin.partialclonefilter", "blob:none")
    git(root, "config", "core.hooksPath", str(tmp_path / "hooks"))
    for folder in (tmp_path / "hooks", root / ".git" / "hooks"):
        for hook in HOOKS:
            trap_of = write(folder, {hook: f"#!/bin/sh\ntouch {marker}\n"}) / hook
            trap_of.chmod(0o755)
    return root


def listing(root: Path) -> dict[str, tuple[int, int, int, bytes]]:
    """Of everything in a folder: kind and rights, time of the last change, inode and content."""
    found = {}
    for place in (root, *sorted(root.rglob("*"))):
        about = place.lstat()
        content = place.read_bytes() if place.is_file() else b""
        digest = hashlib.sha256(content).digest()
        found[str(place)] = (about.st_mode, about.st_mtime_ns, about.st_ino, digest)
    return found


@pytest.mark.parametrize("depth", ["syntax", "graph"])
@pytest.mark.parametrize("commit", [None, "HEAD"], ids=["working tree", "commit"])
def test_nothing_of_a_repository_is_run_and_nothing_in_it_is_written(
    adapter: CodebaseDBAdapter,
    hostile: Path,
    write: Write,
    marker: Path,
    monkeypatch: pytest.MonkeyPatch,
    depth: str,
    commit: str | None,
) -> None:
    write(hostile, {"user.py": "from setup import f\n\nf(2)\n", "new.py": "import json\n"})
    os.utime(hostile / "setup.py", (1, 1))  # git itself would refresh its index here
    monkeypatch.chdir(hostile)
    before, environment, modules = listing(hostile), dict(os.environ), set(sys.path)
    results = adapter.record(hostile, commit=commit, depth=depth)
    assert [(each.language, each.status) for each in results] == [
        ("python", "completed"),
        ("typescript", "completed"),
    ]
    assert [each.files_analyzed for each in results] == [9 if commit is None else 8, 2]
    assert all(each.edges > 0 for each in results) is (depth == "graph")
    assert not marker.exists()
    assert listing(hostile) == before
    assert (dict(os.environ), set(sys.path)) == (environment, modules)


def test_git_itself_would_fall_into_these_traps(hostile: Path, git: Git, marker: Path) -> None:
    assert not marker.exists()
    with suppress(subprocess.CalledProcessError):
        git(hostile, "status")
    assert marker.exists()


def test_a_missing_object_is_fetched_from_nowhere(
    adapter: CodebaseDBAdapter, hostile: Path, git: Git, marker: Path
) -> None:
    blob = git(hostile, "--no-pager", "rev-parse", "HEAD:user.py")
    (hostile / ".git/objects" / blob[:2] / blob[2:]).unlink()
    marker.unlink(missing_ok=True)
    python = adapter.record(hostile, commit="HEAD", depth="graph", languages=["python"])[0]
    assert [failure.path for failure in python.failures] == ["user.py"]
    assert not marker.exists()


@pytest.mark.parametrize("place", [".gitignore", "pyproject.toml", "a.py"])
def test_a_pipe_in_a_files_place_is_not_waited_for(
    adapter: CodebaseDBAdapter, repository: Make, place: str
) -> None:
    root = repository({"b.py": "b = 1\n"})
    os.mkfifo(root / place)
    (result,) = adapter.record(root, depth="syntax")
    assert result.files_analyzed == 1
