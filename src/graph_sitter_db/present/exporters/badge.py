"""A shields.io endpoint: the score on a badge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_sitter_db.present.document import as_json

if TYPE_CHECKING:
    from graph_sitter_db.model.exports import Exported

COLOURS = {"A": "brightgreen", "B": "green", "C": "yellow", "D": "orange", "E": "red"}


def text(exported: Exported) -> str:
    run = exported.run
    score = "unknown" if run.quality_score is None else f"{run.quality_score:.1f} {run.grade}"
    return as_json(
        {
            "schemaVersion": 1,
            "label": "code quality",
            "message": score,
            "color": COLOURS.get(run.grade or "", "lightgrey"),
        }
    )
