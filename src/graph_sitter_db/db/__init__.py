"""The database: embedded or the user's own, connections to it, and its schema."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graph_sitter_db.db import schema, server
    from graph_sitter_db.db.connect import Database, open_database, prepare_database

__all__ = ["Database", "open_database", "prepare_database", "schema", "server"]

_PLACES = {
    "Database": "connect",
    "open_database": "connect",
    "prepare_database": "connect",
    "schema": "",
    "server": "",
}


def __getattr__(name: str) -> Any:
    """Load a part when it is first used: the driver alone takes 0.1 s to import."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if place := _PLACES[name]:
        return getattr(importlib.import_module(f"{__name__}.{place}"), name)
    return importlib.import_module(f"{__name__}.{name}")
