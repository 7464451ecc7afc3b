"""Which run a question is about, and a word on what it leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_sitter_db.cli import screen

if TYPE_CHECKING:
    from graph_sitter_db.adapter import CodebaseDBAdapter
    from graph_sitter_db.cli.session import Session
    from graph_sitter_db.model.reports import RunSummary


def chosen(
    session: Session,
    adapter: CodebaseDBAdapter,
    reference: str | None,
    path: str,
    language: str | None,
) -> RunSummary:
    """The run that is meant. Of a folder in several languages the larger, which is then said."""
    run = adapter.resolve(reference, path=path, language=language)
    if not (session.json or language or _is_id(reference, run)):
        for other in adapter.other_languages(run.id):
            screen.complain(f"{run.language} only; {other} is recorded too: --language {other}")
    return run


def _is_id(reference: str | None, run: RunSummary) -> bool:
    return reference is not None and reference.strip().lower() in (str(run.id), run.short_id)
