"""PostgreSQL's own client programs: which to run, and how they reach the database."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import psycopg
from psycopg import pq

from graph_sitter_db.db import binaries
from graph_sitter_db.errors import EmbeddedServerError

_INSTALL = "Install PostgreSQL's client programs (Debian: apt install postgresql-client)"


def program(name: str, major: int = 0) -> str:
    """The embedded server's `name`, else that of the PATH, of release `major` or newer."""
    found = [place for place in (_embedded(name), shutil.which(name)) if place]
    if not found:
        raise EmbeddedServerError(f"There is no {name} on this machine. {_INSTALL}.")
    for place in found:
        if _release(place) >= major:
            return place
    raise EmbeddedServerError(
        f"PostgreSQL {major} needs its own {name} or a newer one, and here is only release "
        f"{max(map(_release, found))}. {_INSTALL} of release {major}."
    )


def environment(connection: "psycopg.Connection[Any]") -> dict[str, str]:
    """The connection's parameters as libpq's variables: arguments are seen by every other user."""
    info = connection.info
    found = {**info.get_parameters(), "password": info.password}
    variables = {each.keyword.decode(): each.envvar for each in pq.Conninfo.get_defaults()}
    where = {
        variable.decode(): value
        for name, value in found.items()
        if value and (variable := variables.get(name))
    }
    return {**os.environ, **where}


def _embedded(name: str) -> str | None:
    try:
        place = binaries.program(name)
    except EmbeddedServerError:
        return None
    return str(place) if place.exists() else None


def _release(place: str) -> int:
    """As the program tells it; of the embedded ones it is known."""
    if Path(place) == Path(_embedded(Path(place).name) or ""):
        return binaries.MAJOR
    told = subprocess.run([place, "--version"], capture_output=True, text=True, check=False).stdout
    number = re.search(r"\) (\d+)", told)
    return int(number[1]) if number else 0
