"""One coverage report, of either format."""

from codecs import BOM_UTF8
from pathlib import Path

from graph_sitter_db.errors import UsageError
from graph_sitter_db.ingest import cobertura, lcov
from graph_sitter_db.model.coverage import CoverageReport
from graph_sitter_db.model.paths import storable

REMEDY = (
    "Give Cobertura XML or an lcov tracefile, as `coverage xml`, `coverage lcov`, and the reporters"
    " cobertura and lcov of nyc, c8, jest and vitest write them."
)


def coverage(path: str | Path) -> CoverageReport:
    """Cobertura or lcov, told apart by content. UsageError for anything else."""
    name = storable(str(path))
    try:
        content = Path(path).expanduser().read_bytes()
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"Coverage report {name} cannot be read: {reason}. {REMEDY}") from error
    try:
        files, roots = _read(content)
    except ValueError as found:
        raise UsageError(f"{name} is no usable coverage report: {found}. {REMEDY}") from found
    return CoverageReport(name, files, roots)


def _read(content: bytes) -> cobertura.Read:
    text = content.removeprefix(BOM_UTF8)
    start = text[:200].translate(None, b"\0\xff\xfe").lstrip()  # of UTF-16, too
    if not start:
        raise ValueError("it is empty")
    if start.startswith(b"<"):
        return cobertura.read(content)
    if text.startswith(b"SF:") or b"\nSF:" in text or b"\rSF:" in text:
        return lcov.read(text), ()
    shown = start[:40].decode("utf-8", "replace").splitlines()[0]
    raise ValueError(f"it starts with {shown!r}, and holds neither XML nor a line SF:PATH")
