"""What every command shares: where the database is, for whom, and in which form to answer."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate

import click

if TYPE_CHECKING:
    from graph_sitter_db.adapter import CodebaseDBAdapter


@dataclass
class Session:
    url: str | None = None
    organization: str | None = None
    json: bool = False

    def adapter(self, *, upgrade: bool = False) -> CodebaseDBAdapter:
        import logging

        from graph_sitter_db.adapter import CodebaseDBAdapter

        # The driver's warnings, of a lost connection say, would stand beside the one line of ours.
        logging.getLogger("psycopg").addHandler(logging.NullHandler())
        gc.freeze()
        gc.enable()
        given = {"organization": self.organization} if self.organization else {}
        return CodebaseDBAdapter(self.url, upgrade=upgrade, **given)


def spool_folder() -> Path:
    """Where runs wait for a database: $GRAPH_SITTER_DB_SPOOL, else a folder of the user's."""
    import platformdirs

    if given := os.environ.get("GRAPH_SITTER_DB_SPOOL"):
        return Path(given)
    return platformdirs.user_state_path("graph-sitter-db") / "spool"


def in_session[**P, R](command: Callable[Concatenate[Session, P], R]) -> Callable[P, R]:
    """Adds --url, --organization and --json, and passes the session as first argument.

    The options may stand before the command as well; the ones after it win.
    """
    passed: Callable[P, R] = click.make_pass_decorator(Session, ensure=True)(command)
    return shared(passed)


def shared[F: Callable[..., Any]](command: F) -> F:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def in_run[F: Callable[..., Any]](command: F) -> F:
    """Adds the options that choose the run a question is about."""
    for option in reversed(_RUN_OPTIONS):
        command = option(command)
    return command


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    session = ctx.ensure_object(Session)
    if value and param.name:
        setattr(session, param.name, value)


_OPTIONS = (
    click.option(
        "--url",
        metavar="URL",
        expose_value=False,
        callback=_keep,
        help="PostgreSQL to use, as postgresql://…; "
        "without it $GRAPH_SITTER_DB_URL, else the embedded server.",
    ),
    click.option(
        "--organization",
        metavar="NAME",
        expose_value=False,
        callback=_keep,
        help="Whose data to read and write.",
    ),
    click.option(
        "--json",
        is_flag=True,
        expose_value=False,
        callback=_keep,
        help="Answer with one JSON document.",
    ),
)

COUNT = click.IntRange(min=1, max=1_000_000_000)
LANGUAGES = click.Choice(["python", "typescript"])

_RUN_OPTIONS = (
    click.option(
        "--run", metavar="RUN", help="Run to ask; without it the newest of the repository."
    ),
    click.option(
        "--repository",
        metavar="PATH",
        default=".",
        show_default=True,
        help="Repository whose runs are meant.",
    ),
    click.option("--language", type=LANGUAGES, help="Of a repository with several languages."),
)
