"""Real git repositories, made small and on the spot."""

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

type Git = Callable[..., str]
type Write = Callable[[Path, Mapping[str, str | bytes]], Path]


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """Runs git in a folder with nobody's configuration."""
    home = tmp_path / "home"
    home.mkdir()
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    settings = {"user.name": "Ada", "user.email": "ada@example.org", "init.defaultBranch": "main"}
    settings |= {"protocol.file.allow": "always", "advice.detachedHead": "false"}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def run(folder: Path, *words: str) -> str:
        command = ["git", *options, *words]
        done = subprocess.run(command, cwd=folder, check=True, capture_output=True)
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    return run


@pytest.fixture
def write() -> Write:
    """Writes files below a folder and gives the folder back."""

    def files(root: Path, contents: Mapping[str, str | bytes]) -> Path:
        for path, content in contents.items():
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.encode() if isinstance(content, str) else content)
        return root

    return files


@pytest.fixture
def repository(tmp_path: Path, git: Git, write: Write) -> Callable[..., Path]:
    """Makes a repository with one commit of the given files."""

    def make(contents: Mapping[str, str | bytes], name: str = "project") -> Path:
        root = tmp_path / name
        root.mkdir()
        git(root, "init", "-q")
        write(root, contents)
        git(root, "add", "-A")
        git(root, "commit", "-q", "--allow-empty", "-m", "First")
        return root

    return make
