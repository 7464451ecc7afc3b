"""Shows an analysis: the enhanced summary, its second part in colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_sitter_db.cli import screen
from graph_sitter_db.present import enhanced
from graph_sitter_db.present.page import Span, Tone, line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph_sitter_db.model.reports import AnalysisResult


def show_all(results: Sequence[AnalysisResult]) -> None:
    """One after the other; each has a title when there are several."""
    for number, result in enumerate(results):
        if number:
            screen.show([line()])
        show(result, titled=len(results) > 1)


def show(result: AnalysisResult, titled: bool = False) -> None:
    if titled:
        screen.show([line(Span(f"{result.repository} ({result.language})", Tone.STRONG))])
    screen.show_text(result.summary + enhanced.separator(result.summary))
    screen.show(enhanced.page(result))
