"""The schema in a database: what is there, installing it, moving it up and down."""

from contextlib import closing

from graph_sitter_db.db import explain, install, installed, modules, revisions, targets
from graph_sitter_db.db.installed import Installed
from graph_sitter_db.db.revisions import Revision
from graph_sitter_db.db.targets import Connection, Source, Target
from graph_sitter_db.errors import SchemaMissing, SchemaTooNew


def ddl() -> str:
    """Everything an installation runs, for `psql -1 -v ON_ERROR_STOP=1`."""
    parts = [module.text for module in modules.modules()]
    return "\n".join([*parts, install.record_as_text()])


def consolidated() -> str:
    """The same as one script for production, which installs all or nothing however it is run."""
    names = ", ".join(module.schema for module in modules.modules())
    head = f"-- graph-sitter-db schema {revisions.head().version}: {names}"
    return "\n".join([head, "BEGIN;", ddl(), "COMMIT;\n"])


def upgrade(target: Target = None, through: str | None = None) -> str:
    """Install the schema or bring it up to date (or to the version `through`); the version then."""
    goal = revisions.find(through) if through else revisions.head()
    with closing(targets.source(target)) as source:
        _check_server(source)
        _raise(source, installed.look(source), goal)
    return goal.version


def downgrade(version: str, target: Target = None) -> str | None:
    """Go back to `version`, or with `base` to a database without the schema and its rows."""
    goal = None if version == "base" else revisions.find(version)
    with closing(targets.source(target)) as source:
        found = installed.look(source)
        _refuse_newer(found, source)
        with _separate(source) as connection, explain.working(source.label, connection):
            _lower(connection, found, goal)
    return goal.version if goal else None


def current(target: Target = None) -> str | None:
    """The version in the database; None when the schema is not there."""
    with closing(targets.source(target)) as source:
        return installed.look(source).version


def ensure(source: Source, *, upgrade: bool) -> None:
    """Have the schema that this release needs, or say how to get it."""
    _check_server(source)
    found = installed.look(source)
    if found.number == revisions.head().number:
        return
    _refuse_newer(found, source)
    if not (upgrade or source.embedded):
        raise _missing(found, source)
    _raise(source, found, revisions.head())


def _check_server(source: Source) -> None:
    with source.lend() as connection:
        explain.check_version(connection.info.server_version, source.label)


def _raise(source: Source, found: Installed, goal: Revision) -> None:
    _refuse_newer(found, source)
    with _separate(source) as connection, explain.working(source.label, connection):
        if not found.number:
            install.install(connection)
        elif found.number < goal.number or not found.is_stamped:
            from graph_sitter_db.db import migrate

            migrate.up(connection, goal)


def _lower(connection: Connection, found: Installed, goal: Revision | None) -> None:
    first = revisions.baseline()
    if found.number and found.number > (goal or first).number:
        from graph_sitter_db.db import migrate

        migrate.down(connection, goal or first)
    if found.number and not goal:
        install.remove(connection)


def _separate(source: Source) -> "closing[Connection]":
    return closing(source.separate())


def _refuse_newer(found: Installed, source: Source) -> None:
    if found.number and found.number > revisions.head().number:
        raise SchemaTooNew(
            f"{source.label} has the schema {found.version}, and this release of graph-sitter-db "
            f"knows {revisions.head().version}: pip install --upgrade graph-sitter-db."
        )


def _missing(found: Installed, source: Source) -> SchemaMissing:
    what = f"the older schema {found.version}" if found.number else "no graph-sitter-db schema"
    return SchemaMissing(
        f"{source.label} has {what}. Run 'graph-sitter-db db upgrade --url ...', or give --upgrade "
        "(in Python upgrade=True)."
    )
