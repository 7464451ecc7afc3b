"""The SQL scripts among the examples say what must be so, and it is."""

import os
import subprocess
from pathlib import Path

import pytest
from tests.integration.sql.conftest import Connection, value

from graph_sitter_db.db import binaries

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.mark.parametrize("script", sorted(EXAMPLES.glob("*.sql")), ids=lambda path: path.stem)
def test_a_script_runs_as_it_says_and_leaves_nothing(
    script: Path, shared_database: str, connection: Connection
) -> None:
    organizations = "SELECT count(*) FROM base.organizations"
    before = value(connection, organizations)
    options = ("-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(script))
    done = subprocess.run(
        [binaries.program("psql"), *options, shared_database],
        env={**os.environ, **binaries.environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "ASSERT" in script.read_text()
    assert done.stdout
    assert value(connection, organizations) == before
