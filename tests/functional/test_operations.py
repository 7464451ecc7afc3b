"""`graph-sitter-db health`, `alerts`, `maintain` and `doctor`."""

import json

import psycopg
import pytest
from tests.functional.test_cli_db import gsdb

from graph_sitter_db.db import doctor
from graph_sitter_db.model.operations import Diagnosis


def _do(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def _examined(url: str) -> dict[str, Diagnosis]:
    return {each.subject: each for each in doctor.examine(url)}


def test_health_and_alerts_end_as_bad_as_it_is(installed_database: str) -> None:
    there = ("--url", installed_database)
    done = gsdb("health", *there, "--json")
    assert (done.returncode, json.loads(done.stdout)["status"]) == (0, "healthy")
    assert gsdb("alerts", *there).stdout == "No threshold is crossed.\n"

    _do(installed_database, "UPDATE ops.alert_thresholds SET critical = 0 WHERE unit = 'GB'")

    done = gsdb("health", *there)
    assert done.returncode == 1
    assert "Size of the database" in done.stdout
    done = gsdb("alerts", *there, "--json")
    assert done.returncode == 1
    assert [each["alert_type"] for each in json.loads(done.stdout)] == ["database_size"]
    assert gsdb("alerts", *there, "--fail-on", "never").returncode == 0


def test_maintain_does_what_is_due_once_and_tells_how_it_ended(installed_database: str) -> None:
    there = ("--url", installed_database)
    _do(
        installed_database,
        "UPDATE ops.maintenance_jobs SET enabled = name = 'create-partitions',"
        " created_at = now() - interval '40 days'",
    )

    done = gsdb("maintain", *there, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert [(each["job"], each["status"]) for each in json.loads(done.stdout)] == [
        ("create-partitions", "completed")
    ]
    assert gsdb("maintain", *there).stdout == "No job is due.\n"

    _do(
        installed_database,
        "UPDATE ops.maintenance_jobs SET function_call = 'cleanup_old_data(0)' WHERE enabled",
    )
    done = gsdb("maintain", "--all", *there)
    assert done.returncode == 1
    assert "data cannot be kept for 0 days" in done.stdout


def test_doctor_names_what_is_missing_and_what_to_do(
    empty_database: str, installed_database: str
) -> None:
    done = gsdb("doctor", "--url", empty_database)
    assert done.returncode == 1
    assert "graph-sitter-db db upgrade --url" in done.stdout
    assert gsdb("doctor", "--url", installed_database, "--json").returncode == 0

    _do(installed_database, "DROP TABLE tasks.task_resource_usage CASCADE")
    broken = _examined(installed_database)["schema"]
    assert broken.status == "missing"
    assert "table tasks.task_resource_usage" in broken.found


def test_doctor_tells_of_a_database_that_does_not_answer() -> None:
    found = _examined("postgresql://me:sesame@127.0.0.1:1/nothing")["database"]

    assert found.status == "missing"
    assert "No PostgreSQL server answers" in found.remedy
    assert "sesame" not in found.remedy


def test_doctor_tells_of_jobs_that_nobody_does(installed_database: str) -> None:
    _do(
        installed_database,
        "UPDATE ops.maintenance_jobs SET created_at = now() - interval '9 days'",
    )

    assert "cron" in _examined(installed_database)["jobs"].remedy


@pytest.mark.parametrize("command", ["health", "alerts", "maintain"])
def test_a_database_without_the_schema_is_told_how_to_get_it(
    empty_database: str, command: str
) -> None:
    done = gsdb(command, "--url", empty_database)

    assert (done.returncode, done.stdout) == (5, "")
    assert "graph-sitter-db db upgrade" in done.stderr
