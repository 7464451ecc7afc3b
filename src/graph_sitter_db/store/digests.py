"""Content addresses: what two equal things share, whoever computed them."""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256

from graph_sitter_db.model.issues import Issue
from graph_sitter_db.model.relations import Linkage
from graph_sitter_db.store.rows import issue_rows
from graph_sitter_db.store.text import stored


def extractor_digest(definitions: Mapping[str, str]) -> bytes:
    """Of every metric, rule and setting that decides a file version's content, with its version."""
    return _digest(sorted(definitions.items()))


def linkage_digest(linkage: Linkage, issues: Iterable[Issue]) -> bytes:
    """Of a file's relations, and of the issues that follow from them, as they are stored."""
    edges = [
        (e.kind, e.source, e.target_path, e.target, e.external, e.count, e.first_line)
        for e in linkage.edges
    ]
    findings = [*issue_rows(linkage.path, issues, True)]
    return _digest([edges, findings, linkage.resolved, linkage.unresolved])


def snapshot_digest(files: Iterable[tuple[str, bytes, bytes | None]], extractor: bytes) -> bytes:
    """Of a tree: (path, sha256 of the bytes, linkage digest) of every file.

    codebase.snapshot_digest() computes the same from rows.
    """
    ordered = sorted((path.encode(), blob, linkage) for path, blob, linkage in files)
    lines = (
        path + f"\t{blob.hex()}\t{extractor.hex()}\t{linkage.hex() if linkage else '-'}\n".encode()
        for path, blob, linkage in ordered
    )
    return sha256(b"".join(lines)).digest()


def configuration_digest(extractor: bytes, settings: Mapping[str, object]) -> bytes:
    return _digest([extractor.hex(), settings])


def _digest(value: object) -> bytes:
    text = stored(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str))
    return sha256(text.encode()).digest()
