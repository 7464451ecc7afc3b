"""What packages say in their own files is for others."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from graph_sitter_db.model.keys import EdgeKind
from graph_sitter_db.model.ports import Codebase

_FIELDS = ("main", "module", "browser", "types", "typings", "bin", "exports")
_BUILT = re.compile(r"^(?:(?:dist|build|lib|out|es|esm|cjs|umd|types|src|source)/)+")
_SUFFIX = re.compile(r"(?:\.d)?\.[cm]?[jt]sx?$")


def entries(codebase: Codebase) -> frozenset[str]:
    """Source files that a package.json offers, by themselves or as what they are built to, and the
    files that these export as a whole.
    """
    found = {
        path
        for manifest, content in codebase.manifests.items()
        if manifest.endswith("package.json")
        for path in _offered(PurePosixPath(manifest).parent, content, codebase.files)
    }
    waiting = sorted(found)
    while waiting:
        linkage = codebase.linkages.get(waiting.pop())
        for edge in linkage.edges if linkage else ():
            if edge.kind is EdgeKind.EXPORT and not edge.target and edge.target_path not in found:
                found.add(edge.target_path)
                waiting.append(edge.target_path)
    return frozenset(found)


def _offered(folder: PurePosixPath, content: bytes, paths: Iterable[str]) -> Iterator[str]:
    """`dist/esm/a.mjs` stands for `src/a.ts`, and a folder for its index."""
    names = [re.escape(_bare(each)).replace(r"\*", ".*") for each in _targets(content)]
    offered = re.compile(rf"(?:{'|'.join(names)})(?:/?index)?") if names else None
    prefix = "" if str(folder) == "." else f"{folder}/"
    for path in paths:
        if path.startswith(prefix) and offered and offered.fullmatch(_bare(path[len(prefix) :])):
            yield path


def _targets(content: bytes) -> Iterator[str]:
    try:
        package = json.loads(content)
    except ValueError:  # no JSON, no UTF-8
        return
    if isinstance(package, Mapping):
        yield from _strings([package.get(name) for name in _FIELDS])
        if not any(package.get(name) for name in ("main", "exports")):
            yield "index"


def _strings(value: Any) -> Iterator[str]:
    """All of them, however deep; of `{"./a": "./dist/a.js"}` only where it leads."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _strings(each)


def _bare(path: str) -> str:
    return _BUILT.sub("", _SUFFIX.sub("", path.removeprefix("./")).rstrip("/"))
