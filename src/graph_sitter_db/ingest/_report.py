"""One report of another tool: findings in SARIF or SonarQube's format, or tests in JUnit's."""

from codecs import BOM_UTF8
from json import loads
from pathlib import Path

from graph_sitter_db.errors import UsageError
from graph_sitter_db.ingest import junit, sarif, sonar
from graph_sitter_db.model.paths import storable
from graph_sitter_db.model.reported import ToolReport

REMEDY = (
    "Give SARIF 2.1.0 (ruff, semgrep, eslint and others write it), SonarQube's generic issues, "
    "or JUnit's XML of tests."
)


def report(path: str | Path) -> ToolReport:
    """Told apart by content. UsageError for anything else."""
    name = storable(str(path))
    try:
        content = Path(path).expanduser().read_bytes().removeprefix(BOM_UTF8)
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"Report {name} cannot be read: {reason}. {REMEDY}") from error
    try:
        return _read(name, content)
    except (ValueError, RecursionError) as found:
        raise UsageError(f"{name} is no usable report: {found}. {REMEDY}") from found


def _read(name: str, content: bytes) -> ToolReport:
    if content.lstrip()[:1] == b"<":
        return junit.read(name, content)
    document = loads(content)
    if isinstance(document, dict) and "runs" in document:
        return sarif.read(name, document)
    if isinstance(document, dict) and "issues" in document:
        return sonar.read(name, document)
    raise ValueError("it is JSON with neither runs, as SARIF has, nor issues, as SonarQube has")
