"""Answers as one JSON document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graph_sitter_db.model.reports import Report


def as_json(answer: Report | Sequence[Report | Mapping[str, Any]] | Mapping[str, Any]) -> str:
    """An object, or an array of them. Characters outside ASCII are written as JSON escapes.

    So the document is the same in every locale, and safe on a terminal, its content unchanged.
    """
    return json.dumps(_plain(answer), indent=2, allow_nan=False)


def _plain(answer: Any) -> Any:
    if hasattr(answer, "model_dump_json"):
        # Unlike `model_dump`, this writes NaN as null.
        return _with_whole_metrics(json.loads(answer.model_dump_json()))
    if isinstance(answer, dict):
        return {key: _plain(value) for key, value in answer.items()}
    if isinstance(answer, list | tuple):
        return [_plain(each) for each in answer]
    return answer


def _with_whole_metrics(document: Any) -> Any:
    """A count is no float: of metrics, 213.0 is written as 213."""
    if isinstance(document, list):
        return [_with_whole_metrics(each) for each in document]
    if isinstance(document, dict):
        return {
            name: _whole(value) if name == "metrics" else _with_whole_metrics(value)
            for name, value in document.items()
        }
    return document


def _whole(value: Any) -> Any:
    match value:
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {name: _whole(each) for name, each in value.items()}
        case list():
            return [_whole(each) for each in value]
    return value
