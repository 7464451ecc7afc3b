"""Content: file versions, linkages and the snapshot of them, each written once, ever."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from graph_sitter_db.model.issues import Issue
from graph_sitter_db.model.keys import Depth
from graph_sitter_db.model.paths import storable
from graph_sitter_db.model.snapshot import AnalysedFile, Analysis
from graph_sitter_db.store.digests import linkage_digest, snapshot_digest
from graph_sitter_db.store.places import Place
from graph_sitter_db.store.rows import (
    Row,
    edge_rows,
    issue_rows,
    linkage_row,
    structure_document,
    symbol_rows,
    version_row,
)
from graph_sitter_db.store.statements import Statements
from graph_sitter_db.store.text import stored_json


@dataclass(frozen=True, slots=True)
class Content:
    snapshot_id: int
    rows: Mapping[str, int]  # written, by table
    new_versions: int


def write_content(sql: Statements, place: Place, analysis: Analysis) -> Content:
    """Store what is new of the analysis; find or make its snapshot."""
    files = {storable(file.path): file for file in analysis.files}
    digests = {path: _digest(file) for path, file in files.items()}
    rows, _ = write_versions(sql, place, files, digests)
    new_versions = rows["file_versions"]
    rows |= _write_linkages(sql, files)
    digest = snapshot_digest(_manifest(files, digests), place.extractor)
    snapshot_id = sql.value("find_snapshot", codebase_id=place.codebase_id, digest=digest)
    if snapshot_id is None:
        snapshot_id = sql.value(
            "insert_snapshot",
            codebase_id=place.codebase_id,
            digest=digest,
            depth=_depth(digests.values()),
            file_count=len(files),
            totals=stored_json(analysis.totals),
            structure=stored_json(structure_document(analysis.structure)),
        )
        rows["snapshots"] = 1
        rows["snapshot_files"] = sql.run("insert_snapshot_files", snapshot_id=snapshot_id)
    sql.run("drop_staged")
    return Content(snapshot_id, {table: n for table, n in rows.items() if n}, new_versions)


def write_versions(
    sql: Statements,
    place: Place,
    files: Mapping[str, AnalysedFile],
    digests: Mapping[str, bytes | None],
) -> tuple[dict[str, int], Sequence[str]]:
    """Stage the manifest of `files`; store those file versions that are not known yet. Numbers of
    rows by table, and the names of those versions: they have those of `files`, which are their
    paths where there is one version of each.

    What is staged stays for whoever goes on from there; "drop_staged" ends it.
    """
    key = {"codebase_id": place.codebase_id, "extractor_id": place.extractor_id}
    sql.copy("stage_manifest", "manifest", _staged(files, digests))
    rows = {"files": sql.run("insert_files", codebase_id=place.codebase_id)}
    unknown = [path for (path,) in sql.rows("unknown_versions", **key)]
    new = {path: files[path] for path in unknown}
    sql.copy("stage_versions", "staged_versions", (version_row(p, f) for p, f in new.items()))
    rows["file_versions"] = sql.run("insert_versions", **key)
    sql.run("place_manifest", **key)
    sql.copy("stage_symbols", "staged_symbols", _each(symbol_rows, new))
    rows["symbols"] = sql.run("insert_symbols")
    sql.run("stage_issues")
    sql.fill("staged_issues", (r for p, f in new.items() for r in issue_rows(p, _local(f), False)))
    rows["issue_records"] = sql.run("insert_version_issues")
    rows["accepted_issues"] = sql.run("insert_version_accepted")
    return rows, unknown


def _write_linkages(sql: Statements, files: Mapping[str, AnalysedFile]) -> dict[str, int]:
    new = {path: files[path] for (path,) in sql.rows("unknown_linkages")}
    sql.copy("stage_linkages", "staged_linkages", (linkage_row(p, f) for p, f in new.items()))
    rows = {"linkages": sql.run("insert_linkages")}
    sql.copy("stage_edges", "staged_edges", _each(edge_rows, new))
    rows["linkage_edges"] = sql.run("insert_edges")
    sql.fill("staged_issues", (r for p, f in new.items() for r in issue_rows(p, _graph(f), True)))
    rows["graph issue_records"] = sql.run("insert_linkage_issues")
    rows["graph accepted_issues"] = sql.run("insert_linkage_accepted")
    return rows


def _manifest(
    files: Mapping[str, AnalysedFile], digests: Mapping[str, bytes | None]
) -> Iterator[tuple[str, bytes, bytes | None]]:
    for path, file in files.items():
        yield path, file.measured.facts.source.sha256, digests[path]


def _staged(
    files: Mapping[str, AnalysedFile], digests: Mapping[str, bytes | None]
) -> Iterator[Row]:
    for name, file in files.items():
        yield name, file.measured.facts.source.sha256, digests[name], storable(file.path)


def _digest(file: AnalysedFile) -> bytes | None:
    return linkage_digest(file.linkage, _graph(file)) if file.linkage else None


def _depth(linkages: Iterable[bytes | None]) -> Depth:
    """Of what is there: a graph that could not be built leaves what is known by syntax."""
    return Depth.GRAPH if any(linkages) else Depth.SYNTAX


def _local(file: AnalysedFile) -> Iterable[Issue]:
    return (issue for issue in (*file.issues, *file.accepted) if not issue.depends_on_graph)


def _graph(file: AnalysedFile) -> Iterable[Issue]:
    return (issue for issue in (*file.issues, *file.accepted) if issue.depends_on_graph)


def _each(
    rows: Callable[[str, AnalysedFile], Iterable[Row]], files: Mapping[str, AnalysedFile]
) -> Iterable[Row]:
    return chain.from_iterable(rows(path, file) for path, file in files.items())
