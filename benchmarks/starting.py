"""What a whole process takes: importing, and recording what is known already."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from benchmarks import inputs
from benchmarks.rows import Row, alternating, middle


def rows(runs: int) -> Iterator[Row]:
    imported, bare = alternating(
        max(runs, 7),
        lambda: _seconds(sys.executable, "-c", "import graph_sitter_db"),
        lambda: _seconds(sys.executable, "-c", "pass"),
    )
    yield Row("import graph_sitter_db, over bare Python", imported - bare, None, "s", 0.15)
    with tempfile.TemporaryDirectory() as folder:
        repository = inputs.copied(inputs.repository(inputs.SMALL), Path(folder))
        record = _command("record", str(repository), "--commit", "HEAD")
        _seconds(*record)
        again = middle([_seconds(*record) for _ in range(runs)])
        yield Row("whole process: record a recorded commit", again, None, "s", 1.5)
        taken = []
        for _ in range(runs):
            (repository / "NOTES").write_text(uuid4().hex)
            inputs.git(repository, "add", "NOTES")
            inputs.git(repository, "commit", "-qm", "no source changed")
            taken.append(_seconds(*record))
        yield Row("whole process: record a commit of stored sources", middle(taken), None, "s", 1.5)
        for command in ("runs", "summary", "issues", "files"):
            asked = middle([_seconds(*_command(command), folder=repository) for _ in range(runs)])
            yield Row(f"whole process: {command}", asked, None, "s")


def _command(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).with_name("graph-sitter-db")), *arguments]


def _seconds(*command: str, folder: Path | None = None) -> float:
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - started
