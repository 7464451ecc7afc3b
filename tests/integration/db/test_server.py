"""The embedded server, with real processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from graph_sitter_db.db import server
from graph_sitter_db.errors import EmbeddedServerError

START = "from graph_sitter_db.db import server; print(server.start(), flush=True)"
HOLD = f"{START}; import sys; sys.stdin.read()"


@pytest.fixture
def run(home: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start Python programs that use the server of this test."""
    started: list[subprocess.Popen[str]] = []

    def popen(code: str, **environment: str | None) -> "subprocess.Popen[str]":
        variables = {**os.environ, **environment}
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={name: value for name, value in variables.items() if value is not None},
        )
        started.append(process)
        return process

    yield popen
    for process in started:
        process.kill()
        process.communicate()


def test_the_server_starts_on_demand_and_answers() -> None:
    url = server.start()

    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("graph_sitter",)
    status = server.status()
    assert (status.running, status.url, status.users) == (True, url, 0)
    assert status.version and status.version.startswith("18.")
    assert status.pid and psutil.pid_exists(status.pid)


def test_a_warm_start_takes_under_a_second() -> None:
    server.start()
    server.stop()
    began = time.monotonic()

    server.start()

    assert time.monotonic() - began < 1.5  # 0.1 alone; 1 more when the old watcher still looks on


def test_eight_processes_that_start_at_once_share_one_server(
    run: Callable[..., "subprocess.Popen[str]"], home: Path
) -> None:
    processes = [run(HOLD) for _ in range(8)]

    urls = {_line(process) for process in processes}

    assert len(urls) == 1
    assert len(_postmasters(home)) == 1


def test_the_server_ends_with_its_last_user(
    run: Callable[..., "subprocess.Popen[str]"], home: Path
) -> None:
    first, second = run(HOLD), run(HOLD)
    _line(first), _line(second)

    first.communicate("")
    time.sleep(0.5)
    assert _postmasters(home)
    second.communicate("")

    _eventually(lambda: not _postmasters(home))


def test_the_server_ends_when_its_users_are_killed(
    run: Callable[..., "subprocess.Popen[str]"], home: Path
) -> None:
    processes = [run(HOLD) for _ in range(2)]
    for process in processes:
        _line(process)

    for process in processes:
        process.send_signal(signal.SIGKILL)

    _eventually(lambda: not _postmasters(home))
    _eventually(lambda: not _watchers(home))


def test_the_server_lingers_for_the_next_command(
    run: Callable[..., "subprocess.Popen[str]"], home: Path
) -> None:
    run(START, GRAPH_SITTER_DB_LINGER="2").communicate()

    time.sleep(1)
    assert _postmasters(home)
    _eventually(lambda: not _postmasters(home))


def test_a_connection_that_knows_nothing_of_us_keeps_the_server(
    run: Callable[..., "subprocess.Popen[str]"], home: Path
) -> None:
    process = run(HOLD)
    with psycopg.connect(_line(process)) as connection:
        process.communicate("")
        time.sleep(1)
        assert connection.execute("SELECT 1").fetchone() == (1,)

    _eventually(lambda: not _postmasters(home))


def test_a_server_told_to_stay_outlives_its_users_until_it_is_stopped(
    run: Callable[..., "subprocess.Popen[str]"], home: Path
) -> None:
    run(START.replace("start()", "start(stay=True)")).communicate()

    time.sleep(1)
    assert _postmasters(home)

    assert server.stop()
    assert not server.status().running
    assert not server.stop()


def test_stopping_refuses_to_interrupt_others_unless_forced(
    run: Callable[..., "subprocess.Popen[str]"], home: Path
) -> None:
    _line(run(HOLD))

    with pytest.raises(EmbeddedServerError, match=r"in use.*--force"):
        server.stop()
    assert server.stop(force=True)

    assert not _postmasters(home)


def test_a_killed_server_recovers_at_the_next_start() -> None:
    with psycopg.connect(server.start(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    killed = server.status().pid
    assert killed
    os.kill(killed, signal.SIGKILL)
    _eventually(lambda: not psutil.pid_exists(killed))

    with psycopg.connect(server.start()) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    assert server.status().pid != killed


def test_a_server_whose_watcher_was_killed_gets_a_new_one(
    run: Callable[..., "subprocess.Popen[str]"], home: Path
) -> None:
    process = run(HOLD)
    _line(process)
    (watcher,) = _watchers(home)
    watcher.kill()
    _eventually(lambda: not _watchers(home))

    run(START).communicate()
    process.communicate("")

    _eventually(lambda: not _postmasters(home))


def test_a_process_number_given_away_again_does_not_prevent_the_start(home: Path) -> None:
    server.start()
    server.stop()
    owner = (home / "data").stat()
    pid_file = home / "data" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{home}/data\n0\n5432\n{home}/run\n\n0 0\nready   \n")
    os.chown(pid_file, owner.st_uid, owner.st_gid)

    server.start()

    assert server.status().running


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


def test_nothing_but_the_socket_listens(home: Path) -> None:
    server.start()
    pid = server.status().pid
    assert pid
    process = psutil.Process(pid)

    assert not [each for each in process.net_connections("inet") if each.status == "LISTEN"]
    assert (home / "run").stat().st_mode & 0o077 == 0
    assert (home / "data").stat().st_mode & 0o077 == 0


def test_no_environment_is_needed_and_nothing_is_said(
    run: Callable[..., "subprocess.Popen[str]"], home: Path
) -> None:
    bare = {name: None for name in os.environ if name.startswith(("XDG_", "LC_", "PG"))}

    process = run(START, **{**bare, "HOME": None, "LANG": None})
    out, err = process.communicate()

    assert (process.returncode, err) == (0, "")
    assert out.startswith("postgresql://")


@pytest.mark.parametrize("variable", ["PGHOST", "PGPORT", "PGUSER", "PGDATABASE"])
def test_settings_of_other_servers_do_not_matter(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "6543")

    with psycopg.connect(server.start()) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("postgres",)


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


def test_data_of_another_major_version_is_refused_by_name(home: Path) -> None:
    server.start()
    server.stop()
    (home / "data" / "PG_VERSION").write_text("16\n")

    with pytest.raises(EmbeddedServerError, match=r"made by PostgreSQL 16.*pg_dump"):
        server.start()


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


def test_a_server_that_does_not_start_shows_its_last_words(home: Path) -> None:
    server.start()
    server.stop()
    with (home / "data" / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")

    with pytest.raises(EmbeddedServerError, match="no_such_setting"):
        server.start()


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


def test_the_log_does_not_grow_without_end(home: Path) -> None:
    server.start()
    log = home / "server.log"
    with log.open("ab") as file:
        file.write(b"x" * 6_000_000)

    _eventually(lambda: log.stat().st_size < 1_000_000)
    assert (home / "server.log.1").exists()


def test_a_nonsensical_linger_is_said_to_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPH_SITTER_DB_LINGER", "soon")

    with pytest.raises(Exception, match="GRAPH_SITTER_DB_LINGER is 'soon'"):
        server.start()


def test_asking_for_the_status_starts_nothing(home: Path) -> None:
    assert not server.status().running
    assert not home.exists()


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def _postmasters(home: Path) -> list[psutil.Process]:
    return _processes(lambda words: words[0].endswith("/postgres") and str(home / "data") in words)


def _watchers(home: Path) -> list[psutil.Process]:
    return _processes(
        lambda words: any("watcher.py" in w for w in words) and str(home) in words[-1]
    )


def _processes(wanted: Callable[[list[str]], bool]) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
        except psutil.Error:
            continue
        if words and wanted(words):
            found.append(process)
    return found


def _eventually(condition: Callable[[], bool], patience: float = 10) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.05)
