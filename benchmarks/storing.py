"""How much a small commit writes beside the first recording of all."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import inputs
from benchmarks.recording import adapter
from benchmarks.rows import Row


def rows(_runs: int) -> Iterator[Row]:
    for name in (inputs.SMALL, inputs.TYPESCRIPT):
        with tempfile.TemporaryDirectory() as folder, adapter() as recording:
            repository = inputs.copied(inputs.repository(name), Path(folder))
            (first,) = recording.record(repository, commit="HEAD")
            inputs.changed(repository, 3, "later")
            (second,) = recording.record(repository, commit="HEAD")
            yield Row(
                f"rows of a commit of 3 files / of the first recording of {name}",
                sum(second.rows_written.values()),
                sum(first.rows_written.values()),
                "rows",
                0.05,
            )
