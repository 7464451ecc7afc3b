"""`python -m benchmarks [NAME …] [--runs N] [--json FILE]`: every figure as it is there."""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import asking, history, recording, starting, storing, syntax
from benchmarks.rows import Row
from graph_sitter_db.db import server

BENCHES: dict[str, Callable[[int], Iterator[Row]]] = {
    "recording": recording.rows,
    "syntax": syntax.rows,
    "growth": syntax.growth,
    "storing": storing.rows,
    "starting": starting.rows,
    "asking": asking.rows,
    "history": history.rows,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--runs", type=int, default=3, help="how often each is measured")
    parser.add_argument("--json", type=Path, help="where to write the rows, too")
    options = parser.parse_args()
    if unknown := set(options.names) - set(BENCHES):
        parser.error(
            f"no benchmark is called {', '.join(unknown)}; choose of: {', '.join(BENCHES)}"
        )
    with _own_server():
        rows = list(_measured(options.names or list(BENCHES), options.runs))
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1))
    _show(rows)


@contextmanager
def _own_server() -> Iterator[None]:
    """Nothing of the user's database is seen, and nothing stays."""
    with tempfile.TemporaryDirectory(prefix="gsdb-bench-", dir="/tmp") as home:
        os.environ |= {"GRAPH_SITTER_DB_HOME": f"{home}/db", "GRAPH_SITTER_DB_LINGER": "600"}
        os.environ["GRAPH_SITTER_DB_CACHE"] = f"{home}/kept"
        os.environ.pop("GRAPH_SITTER_DB_URL", None)
        try:
            yield
        finally:
            server.stop(force=True)


def _measured(names: list[str], runs: int) -> Iterator[Row]:
    for name in names:
        for row in BENCHES[name](runs):
            print(f"{name}: {row.what}: {row.value:.3g}", file=sys.stderr, flush=True)
            yield row


def _show(rows: list[Row]) -> None:
    table = Table(title=f"Python {platform.python_version()}, {os.cpu_count()} cores", box=None)
    for heading in ("what", "ours", "beside", "unit", "ratio", "at most", ""):
        table.add_column(heading, justify="left" if heading in ("what", "unit", "") else "right")
    tones = {True: "green", False: "red", None: ""}
    for row in rows:
        table.add_row(
            row.what,
            f"{row.ours:,.3g}",
            "" if row.yardstick is None else f"{row.yardstick:,.3g}",
            row.unit,
            f"{row.value:,.2f}",
            "" if row.limit is None else f"{row.limit:g}",
            row.note,
            style=tones[row.is_kept],
        )
    Console(width=None if sys.stdout.isatty() else 130).print(table)


main()
