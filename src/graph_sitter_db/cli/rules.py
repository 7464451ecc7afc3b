"""`rules`: which there are, and running one that is written in SQL."""

import click

from graph_sitter_db.cli import screen
from graph_sitter_db.cli.choice import chosen
from graph_sitter_db.cli.exits import FAILURE, USAGE
from graph_sitter_db.cli.session import Session, in_run, in_session
from graph_sitter_db.cli.verb import LazyGroup, Verb
from graph_sitter_db.errors import UsageError
from graph_sitter_db.present import issues as issue_list
from graph_sitter_db.present import rules as rule_list

_HERE = "graph_sitter_db.cli.rules"

_PLACES = {
    "list": (f"{_HERE}:list_rules", "List all rules as they are set here."),
    "show": (f"{_HERE}:show", "Show one rule: what it finds, why, its limits and effort."),
    "run": (f"{_HERE}:run_rule", "Run a rule written in SQL on a stored run."),
}


@click.group(
    cls=LazyGroup,
    places=_PLACES,
    invoke_without_command=True,
    short_help="List the rules, or run one written in SQL.",
    examples=(
        "graph-sitter-db rules list",
        "graph-sitter-db rules run untested_hub.sql --run main",
    ),
)
@click.pass_context
def rules(ctx: click.Context) -> None:
    """List the rules as they are set for a repository, or run one that is written in SQL."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
        ctx.exit(USAGE)


_REPOSITORY = click.option(
    "--repository",
    metavar="PATH",
    default=".",
    show_default=True,
    help="Repository whose settings are meant.",
)


@click.command(
    "list", cls=Verb, short_help="List all rules.", examples=("graph-sitter-db rules list",)
)
@_REPOSITORY
@in_session
def list_rules(session: Session, repository: str) -> None:
    """List all rules, plug-ins' included, and which of them are on."""
    with session.adapter() as adapter:
        found = adapter.rules(repository)
    if session.json:
        screen.show_document(found)
    else:
        screen.show(rule_list.page(found))


@click.command(
    cls=Verb, short_help="Show one rule.", examples=("graph-sitter-db rules show import_cycle",)
)
@click.argument("name")
@_REPOSITORY
@in_session
def show(session: Session, name: str, repository: str) -> None:
    """Show what a rule finds, why, and its limits and effort."""
    with session.adapter() as adapter:
        known = {rule.name: rule for rule in adapter.rules(repository)}
    if name not in known:
        raise UsageError(f"No rule is called {name!r}. There are: {', '.join(known)}.")
    if session.json:
        screen.show_document(known[name])
    else:
        screen.show(rule_list.one(known[name]))


@click.command(
    "run",
    cls=Verb,
    short_help="Run a rule written in SQL.",
    examples=(
        "graph-sitter-db rules run untested_hub.sql",
        "graph-sitter-db rules run untested_hub.sql --run my-branch --since main --exit-code",
    ),
)
@click.argument("file", metavar="FILE.sql", type=click.Path())
@click.option("--since", metavar="RUN", help="Only what is not in this earlier run.")
@click.option("--exit-code", is_flag=True, help=f"End with {FAILURE} when something is found.")
@in_run
@in_session
@click.pass_context
def run_rule(
    ctx: click.Context,
    session: Session,
    file: str,
    since: str | None,
    exit_code: bool,
    run: str | None,
    repository: str,
    language: str | None,
) -> None:
    """Run a rule written in SQL on a stored run, however old.

    Its file says in comments what it is called and which columns tell its findings apart, then asks
    one question: see docs/adding-a-rule.md.
    """
    with session.adapter() as adapter:
        about = chosen(session, adapter, run, repository, language)
        before = since and adapter.resolve(since, path=repository, language=about.language).id
        found = adapter.run_rule(file, about.id, before or None)
    if before:
        found = [issue for issue in found if issue.lifecycle == "new"]
    if session.json:
        screen.show_document(found)
    else:
        screen.show(issue_list.page(found))
    if found and exit_code:
        ctx.exit(FAILURE)
