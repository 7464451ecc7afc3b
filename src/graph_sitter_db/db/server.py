"""The embedded PostgreSQL: started when needed, shared, stopped when nobody uses it."""

import atexit
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from graph_sitter_db.db import cluster, home, locks, postmaster
from graph_sitter_db.db.home import Home
from graph_sitter_db.errors import EmbeddedServerError, UsageError

_LINGER = 60.0  # seconds: successive commands find a warm server
_held: dict[Home, int] = {}  # one shared lock per process, from the first use to the end


@dataclass(frozen=True, slots=True)
class ServerStatus:
    running: bool
    pid: int | None
    home: Path
    version: str | None  # of the running server
    url: str
    users: int  # connections, the asking one left out


def start(stay: bool = False, settings: Mapping[str, str] | None = None) -> str:
    """The URL of a server that is ready, for as long as this process lives.

    With `stay` it runs on until `stop`. `settings` are server settings for a database that this
    very call creates.
    """
    place = home.locate()
    try:
        _start(place, stay, settings)
    except OSError as error:
        raise home.not_writable(place, error) from error
    return place.url


def stop(force: bool = False) -> bool:
    """Stop the server; false when none runs. Others' work ends it only with `force`."""
    place = home.locate()
    if not place.data.exists():
        return False
    leave()
    with locks.exclusive(place.start_lock):
        running = postmaster.is_running(place)
        if not force:
            _stop_unused(place)
        else:
            postmaster.stop(place)
        place.stay.unlink(missing_ok=True)
    return running


def status() -> ServerStatus:
    """What is there now; nothing is started."""
    place = home.locate()
    try:
        return _status(place)
    except OSError as error:
        raise home.not_writable(place, error) from error


def url() -> str:
    """Where the server is, or would be: `start` makes it so."""
    return home.locate().url


def leave() -> None:
    """Say that this process does not use the server any more, as its end would say too."""
    while _held:
        place, descriptor = _held.popitem()
        with suppress(OSError):
            os.utime(place.users_lock)  # the server lingers from now on
        os.close(descriptor)


def _status(place: Home) -> ServerStatus:
    if postmaster.is_ready(place):
        import psycopg

        with (
            suppress(psycopg.OperationalError),  # it is just ending
            psycopg.connect(place.url, autocommit=True) as connection,
        ):
            (users,) = connection.execute(postmaster.COUNT).fetchone() or (0,)
            version = connection.info.parameter_status("server_version")
            process = postmaster.pid(place)
            return ServerStatus(True, process, place.path, version, place.url, users)
    return ServerStatus(False, None, place.path, None, place.url, 0)


def _start(place: Home, stay: bool, settings: Mapping[str, str] | None) -> None:
    home.make(place)
    _use(place)
    with locks.exclusive(place.start_lock):
        ready = postmaster.is_ready(place)
        if not ready:
            place.stay.unlink(missing_ok=True)
        if stay:
            place.stay.touch()
        if not ready or not locks.is_held(place.watcher_lock):
            user = cluster.prepare(place, settings)
            postmaster.launch(place, user, _linger())


def _use(place: Home) -> None:
    if place not in _held:
        _held[place] = locks.take(place.users_lock, shared=True)
    os.utime(place.users_lock)


def _stop_unused(place: Home) -> None:
    # The watcher takes the same lock for a moment now and then, and may be stopping the server; it
    # does not share the lock, as users do.
    os.close(locks.take(place.users_lock, shared=True))
    nobody = locks.take_within(1.0, place.users_lock)
    users = _users_who_stay()
    if nobody is None or users:
        raise EmbeddedServerError(
            f"The embedded database is in use by other programs ({_connections(users)}). "
            "Wait until they have ended, or stop it nevertheless with --force."
        )
    postmaster.stop(place)
    os.close(nobody)


def _users_who_stay() -> int:
    """Connections, once those that were just closed have gone on the server's side too."""
    deadline = time.monotonic() + 1.0
    while (users := status().users) and time.monotonic() < deadline:
        time.sleep(0.05)
    return users


def _connections(count: int) -> str:
    return "1 connection" if count == 1 else f"{count} connections"


def _linger() -> float:
    value = os.environ.get("GRAPH_SITTER_DB_LINGER", "")
    try:
        return max(0.0, float(value)) if value else _LINGER
    except ValueError:
        raise UsageError(
            f"GRAPH_SITTER_DB_LINGER is {value!r}, and must be a number of seconds."
        ) from None


atexit.register(leave)
