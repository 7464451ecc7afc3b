"""Markdown for $GITHUB_STEP_SUMMARY."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_sitter_db.present.exporters.markdown import report, shortened

if TYPE_CHECKING:
    from graph_sitter_db.model.exports import Exported

LONGEST = 1_000_000  # characters; GitHub takes 1 MiB of a step


def text(exported: Exported) -> str:
    return shortened(report(exported), LONGEST)
