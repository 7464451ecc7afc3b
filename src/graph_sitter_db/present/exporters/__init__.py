"""Other tools' formats: each a module with `text`, a pure function from a report to the format."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from graph_sitter_db.model.exports import Exported

# By the name that `--format` takes: where it is, and what it is for.
FORMATS = {
    "annotations": "GitHub workflow commands: marks on the lines of a change",
    "badge": "shields.io endpoint",
    "checkstyle": "Checkstyle XML",
    "gitlab": "GitLab Code Quality report",
    "json": "all of it, by the schema in docs/export.schema.json",
    "junit": "JUnit XML: the gate's conditions as test cases",
    "markdown": "comment on a pull request, with a hidden marker to find it again",
    "openmetrics": "OpenMetrics text for a push gateway or a text file collector",
    "sarif": "SARIF 2.1.0, as GitHub's code scanning takes it",
    "sonar": "SonarQube generic issues",
    "summary": "Markdown for $GITHUB_STEP_SUMMARY",
}


# Of bytes, from `model.exports.ExportedValues`: each a module with `content`.
BINARY = {
    "parquet": "every value of the run as a row of one long table, for DuckDB and others",
}


def exporter(name: str) -> Callable[[Exported], str]:
    """Only the module of the format that is asked for is loaded."""
    module = import_module(f"{__name__}.{name}")
    return cast("Callable[[Exported], str]", module.text)
