"""What a recording that is told to end leaves behind: nothing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from graph_sitter_db import CodebaseDBAdapter

PROGRAM = "from graph_sitter_db.cli import main; main()"


def test_a_terminated_recording_leaves_no_sources_and_a_run_that_says_it_failed(
    installed_database: str, tmp_path: Path
) -> None:
    root, temporary = tmp_path / "project", tmp_path / "temporary"
    root.mkdir()
    temporary.mkdir()
    (root / "a.py").write_text("x = 1\n")
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "record", str(root), "--url", installed_database],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not [*temporary.glob("*/repository/a.py")] and time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.terminate()
    printed, _ = process.communicate(timeout=60)
    assert (process.returncode, printed) == (128 + signal.SIGTERM, "")
    assert [*temporary.iterdir()] == []
    with CodebaseDBAdapter(installed_database) as adapter:
        assert [run.status for run in adapter.runs(unfinished=True)] == ["failed"]
