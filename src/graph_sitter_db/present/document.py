"""Answers as one JSON document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graph_sitter_db.model.reports import Report


def as_json(answer: Report | Sequence[Report] | Mapping[str, Any]) -> str:
    """An object, or an array of them. Characters outside ASCII are written as JSON escapes.

    So the document is the same in every locale, and safe on a terminal, its content unchanged.
    """
    return json.dumps(_plain(answer), indent=2, allow_nan=False)


def _plain(answer: Any) -> Any:
    if hasattr(answer, "model_dump_json"):
        return json.loads(answer.model_dump_json())  # unlike `model_dump`, writes NaN as null
    if isinstance(answer, dict):
        return {key: _plain(value) for key, value in answer.items()}
    if isinstance(answer, list | tuple):
        return [_plain(each) for each in answer]
    return answer
