"""`graph-sitter-db db …`, on an embedded server of its own and on one of the user's."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg
import pytest

type Write = Callable[[Path, Mapping[str, str]], Path]
type Done = subprocess.CompletedProcess[str]


def gsdb(*arguments: str) -> Done:
    """Runs the command as a user would; each call is a process."""
    return subprocess.run(
        [sys.executable, "-c", "from graph_sitter_db.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        env=os.environ,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )


def answer(*arguments: str) -> dict[str, object]:
    done = gsdb(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    parsed = json.loads(done.stdout)
    assert isinstance(parsed, dict)
    return parsed


def test_the_embedded_server_is_started_told_of_and_stopped(home: Path) -> None:
    assert answer("db", "status")["running"] is False
    assert not home.exists()

    url = answer("db", "start")["url"]
    status = answer("db", "status")
    assert (status["running"], status["url"], status["home"]) == (True, url, str(home.resolve()))
    assert gsdb("db", "url").stdout.strip() == url

    assert answer("db", "stop") == {"stopped": True}
    assert answer("db", "stop") == {"stopped": False}
    assert answer("db", "status")["running"] is False


def test_the_embedded_server_is_not_started_for_a_url_of_ones_own(empty_database: str) -> None:
    done = gsdb("db", "start", "--url", empty_database)
    assert (done.returncode, done.stdout) == (2, "")
    assert "leave out --url" in done.stderr


def test_the_schema_is_installed_and_removed_on_request(empty_database: str) -> None:
    there = ("--url", empty_database)
    assert gsdb("db", "current", *there).stdout == "none\n"
    version = answer("db", "upgrade", *there)["version"]
    assert answer("db", "current", *there) == {"version": version}
    assert answer("db", "status", *there)["schema_version"] == version

    refused = gsdb("db", "downgrade", "base", *there)
    assert (refused.returncode, "--accept-loss" in refused.stderr) == (2, True)
    assert answer("db", "downgrade", "base", "--accept-loss", *there) == {"version": None}
    assert gsdb("db", "current", *there).stdout == "none\n"


def test_the_url_may_stand_before_the_command_and_in_the_environment(
    installed_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    after = gsdb("db", "current", "--url", installed_database).stdout
    assert gsdb("--url", installed_database, "db", "current").stdout == after != "none\n"
    monkeypatch.setenv("GRAPH_SITTER_DB_URL", installed_database)
    assert gsdb("db", "current").stdout == after


def test_a_password_is_shown_nowhere() -> None:
    there = "postgresql://me:sesame@127.0.0.1:1/nothing"
    assert gsdb("db", "url", "--url", there).stdout == "postgresql://me:***@127.0.0.1:1/nothing\n"
    for command in ("status", "current", "upgrade", "psql"):
        done = gsdb("db", command, "--url", there)
        assert done.returncode == 5
        assert done.stderr.startswith("error: No PostgreSQL server answers at postgresql://me:***@")
        assert "sesame" not in done.stdout + done.stderr


def test_psql_is_opened_on_the_database_and_its_exit_code_is_ours(installed_database: str) -> None:
    there = ("--url", installed_database)
    asked = gsdb("db", "psql", *there, "-Atc", "SELECT current_database()")
    assert asked.stdout.strip() in installed_database
    assert gsdb("db", "psql", *there, "--", "-c", "SELECT nonsense").returncode == 1


def test_the_printed_sql_installs_the_schema(empty_database: str) -> None:
    script = gsdb("db", "sql").stdout
    assert answer("db", "sql")["sql"] == script
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(script.encode())
    assert gsdb("db", "current", "--url", empty_database).stdout != "none\n"


def test_recording_names_the_command_for_a_server_without_the_schema_or_installs_it_when_told(
    empty_database: str, write: Write, tmp_path: Path
) -> None:
    root = write(tmp_path / "code", {"one.py": "def one():\n    return 1\n"})
    record = ("record", str(root), "--depth", "syntax", "--url", empty_database)
    refused = gsdb(*record)
    assert refused.returncode == 5
    assert "graph-sitter-db db upgrade" in refused.stderr
    assert "--upgrade" in refused.stderr
    assert gsdb(*record, "--upgrade").returncode == 0
    assert gsdb(*record).returncode == 0
