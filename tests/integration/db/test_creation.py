"""The embedded server's first start, and what can stand in its way."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from tests.integration.db.conftest import eventually

from graph_sitter_db.db import server
from graph_sitter_db.errors import EmbeddedServerError

START = "from graph_sitter_db.db import server; print(server.start(), flush=True)"
HOLD = f"{START}; import sys; sys.stdin.read()"

type Run = Callable[..., Any]
type Look = Callable[[], list[psutil.Process]]


def test_eight_processes_that_start_at_once_share_one_server(run: Run, postmasters: Look) -> None:
    processes = [run(HOLD) for _ in range(8)]

    urls = {process.line() for process in processes}

    assert len(urls) == 1
    eventually(lambda: len(postmasters()) == 1)


def test_an_interrupted_creation_is_begun_anew(home: Path) -> None:
    (home / "data.unfinished" / "base").mkdir(parents=True)

    server.start()

    assert not (home / "data.unfinished").exists()


@pytest.mark.parametrize(
    "name", ["x" * 200, "with a, comma", "with 'quotes\"", "ünïcödé", "a b%20c"]
)
def test_any_folder_can_be_the_home(home: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPH_SITTER_DB_HOME", str(home / name))
    try:
        with psycopg.connect(server.start()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.stop(force=True)


def test_no_environment_is_needed_and_nothing_is_said(run: Run) -> None:
    bare = {name: None for name in os.environ if name.startswith(("XDG_", "LC_", "PG"))}

    process = run(START, **{**bare, "HOME": None, "LANG": None})
    out, err = process.end()

    assert (process.process.returncode, err) == (0, "")
    assert out.startswith("postgresql://")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must become somebody else")
def test_for_root_the_server_is_another_users_and_parents_are_only_opened_for_passing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = home / "private"
    private.mkdir(parents=True, mode=0o700)
    monkeypatch.setenv("GRAPH_SITTER_DB_HOME", str(private / "data"))
    try:
        server.start()
        pid = server.status().pid
        assert pid and psutil.Process(pid).uids().real != 0
        assert private.stat().st_mode & 0o777 == 0o701
        assert (private / "data" / "data").stat().st_uid != 0
    finally:
        server.stop(force=True)


def test_a_home_that_cannot_be_written_names_the_folder_and_the_remedies(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.parent.joinpath(home.name).touch()
    monkeypatch.setenv("GRAPH_SITTER_DB_HOME", str(home / "inside"))
    try:
        with pytest.raises(EmbeddedServerError) as caught:
            server.start()
    finally:
        home.unlink()

    for part in (str(home / "inside"), "GRAPH_SITTER_DB_HOME", "--url"):
        assert part in str(caught.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user who is not listed")
def test_a_user_without_a_home_is_told_what_to_set() -> None:
    code = (
        "import os; os.environ.clear(); os.setuid(54321)\n"
        "from graph_sitter_db.db import home\n"
        "try: home.locate()\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    # Imported before the user changes, who may not be able to read this Python's folders.
    code = f"import platformdirs, platformdirs.unix, graph_sitter_db.db.home, urllib.parse\n{code}"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.stdout.startswith("EmbeddedServerError"), done.stderr
    assert "GRAPH_SITTER_DB_HOME" in done.stdout


def test_a_full_disk_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=20m", "none", str(home)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user cannot make a small disk")
    monkeypatch.setenv("GRAPH_SITTER_DB_HOME", str(home / "data"))
    try:
        with pytest.raises(EmbeddedServerError, match="No space left on device"):
            server.start()
    finally:
        server.leave()
        subprocess.run(["umount", "--lazy", str(home)], check=True)


def test_a_creation_that_fails_shows_why_and_leaves_nothing(home: Path) -> None:
    with pytest.raises(EmbeddedServerError, match="no_such_setting"):
        server.start(settings={"no_such_setting": "1"})

    assert not (home / "data").exists()
    assert not (home / "data.unfinished").exists()


def test_a_socket_folder_of_somebody_elses_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPH_SITTER_DB_HOME", str(home / ("x" * 100)))
    folder = Path(server.url().partition("host=")[2].partition("&")[0])
    folder.symlink_to(home)
    try:
        with pytest.raises(EmbeddedServerError, match="belongs to somebody else"):
            server.start()
    finally:
        folder.unlink()


def test_asking_for_the_status_starts_nothing(home: Path) -> None:
    assert not server.status().running
    assert not home.exists()
