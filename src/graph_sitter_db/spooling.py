"""When no database can be reached: analyses are written to files, and recorded later."""

import gzip
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from uuid import uuid4

from graph_sitter_db import recording
from graph_sitter_db.dating import dated_anew
from graph_sitter_db.db import Database
from graph_sitter_db.errors import UsageError
from graph_sitter_db.model import own_data
from graph_sitter_db.model.keys import Depth
from graph_sitter_db.model.ports import Metric
from graph_sitter_db.model.snapshot import AnalysedFile, Analysis
from graph_sitter_db.model.spooled import Spooled
from graph_sitter_db.model.structure import ModuleGraph
from graph_sitter_db.pipeline import Progress
from graph_sitter_db.store import Recorded

SUFFIX = ".spool"
_HEAD = b"graph-sitter-db spool "


def spool(
    path: str | Path,
    commit: str | None,
    depth: str,
    languages: Iterable[str] | None,
    progress: Progress | None,
    coverage: Iterable[str | Path],
    folder: str | Path,
    reports: Iterable[str | Path] = (),
) -> list[Path]:
    """Analyse as for recording, and write each run to a file of its own."""
    found = recording.reports_of(coverage, reports)
    tree, jobs = recording.jobs_of(path, commit, depth, languages)
    written = []
    for job in jobs:
        analysis = recording.analysed_tree(tree, job, progress)
        if job.depth is Depth.GRAPH:
            analysis = dated_anew(tree, analysis)
        beside = frozenset(tree.families().keys() - {job.family})
        held = Spooled(_bare(analysis), tuple(found), beside, tree.digest(job.family))
        written.append(_write(Path(folder), held))
    return written


def flush(database: Database, folder: str | Path) -> Iterator[Recorded]:
    """Record the files of a folder in the order of their writing; each goes once it is recorded.

    What cannot be read stays, and is complained of when all others are recorded.
    """
    broken = []
    for file in waiting(folder):
        try:
            spooled = _read(file)
        except UsageError as error:
            broken.append(str(error))
            continue
        yield recording.flush(database, spooled)
        file.unlink(missing_ok=True)  # another process may have recorded it, too
    if broken:
        raise UsageError("\n".join(broken))


def waiting(folder: str | Path) -> list[Path]:
    return sorted(Path(folder).glob(f"*{SUFFIX}"))


def _bare(analysis: Analysis) -> Analysis:
    """Without what the database does not hold: syntax trees, and how things are measured."""
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    note = f"analysed {when}, while no database could be reached, and recorded later"
    origin = replace(analysis.origin, notes=(*analysis.origin.notes, note))
    return replace(
        analysis,
        origin=origin,
        files=tuple(map(_without_tree, analysis.files)),
        metrics=tuple(map(_definition, analysis.metrics)),
        structure=replace(analysis.structure, graph=ModuleGraph()),
        rules=(),
    )


def _without_tree(file: AnalysedFile) -> AnalysedFile:
    facts = replace(file.measured.facts, tree=None, places={})
    return replace(file, measured=replace(file.measured, facts=facts))


def _definition(metric: Metric) -> Metric:
    return replace(metric, of_symbol=None, of_file=None, of_graph=None, scope=metric.finest)


def _write(folder: Path, spooled: Spooled) -> Path:
    """Whole or not at all."""
    origin, when = spooled.analysis.origin, datetime.now(UTC)
    state = origin.commit.sha[:12] if origin.commit and not origin.is_working_tree else "tree"
    name = f"{when:%Y%m%dT%H%M%S%f}-{state}-{spooled.analysis.family}-{uuid4().hex[:8]}"
    beside, file = folder / f".{name}", folder / f"{name}{SUFFIX}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(_packed(spooled))
        _read(beside)  # what could not be read again would be lost
        beside.replace(file)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            beside.unlink()
    return file


def _packed(spooled: Spooled) -> bytes:
    head = _HEAD + version("graph-sitter-db").encode() + b"\n"
    return head + gzip.compress(own_data.dumps(spooled), mtime=0)


def _read(file: Path) -> Spooled:
    try:
        head, _, body = file.read_bytes().partition(b"\n")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}") from error
    if not head.startswith(_HEAD):
        raise UsageError(f"{file} is no spooled run; remove it, or flush another folder.")
    release = head.removeprefix(_HEAD).decode(errors="replace")
    if release != version("graph-sitter-db"):
        raise UsageError(f"{file} was written by release {release}; flush it with that one.")
    try:
        found = own_data.loads(gzip.decompress(body))
    except (OSError, *own_data.DAMAGES) as error:
        raise UsageError(f"{file} is damaged: {error}. Record its commit again.") from error
    if not isinstance(found, Spooled):
        raise UsageError(f"{file} is damaged: it holds no run. Record its commit again.")
    return found
