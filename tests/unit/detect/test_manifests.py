"""Which source files a package.json offers."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from graph_sitter_db.detect._detect import Codebase
from graph_sitter_db.detect.manifests import entries
from graph_sitter_db.model.keys import EdgeKind, Family
from graph_sitter_db.model.relations import Edge, Linkage
from graph_sitter_db.settings import Settings


def offered(
    make: Any,
    manifests: Mapping[str, bytes],
    *paths: str,
    linkages: Mapping[str, Linkage] | None = None,
) -> list[str]:
    files = {path: make.file(path) for path in paths}
    codebase = Codebase(files, linkages or {}, Family.TYPESCRIPT, Settings(), manifests=manifests)
    return sorted(entries(codebase))


@pytest.mark.parametrize(
    ("package", "path"),
    [
        ({"main": "src/a.js"}, "src/a.js"),
        ({"main": "./dist/cjs/a.cjs"}, "src/a.ts"),
        ({"types": "lib/a.d.ts"}, "a.ts"),
        ({"bin": {"a": "./a.js"}}, "a.ts"),
        ({"exports": {".": {"import": {"types": "./a.d.mts"}}}}, "a.ts"),
        ({"exports": ["./build/b/a.js"]}, "source/b/a.tsx"),
        ({"exports": {"./*": "./dist/b/*.js"}}, "src/b/a.ts"),
        ({"main": "./b"}, "b/index.js"),
        ({"name": "a"}, "index.js"),
        ({"name": "a"}, "src/index.ts"),
    ],
)
def test_a_source_is_found_for_what_it_is_built_to(make: Any, package: object, path: str) -> None:
    manifest = {"package.json": json.dumps(package).encode()}
    assert offered(make, manifest, path, "other.ts", "src/other.ts") == [path]


def test_a_manifest_speaks_of_its_own_folder(make: Any) -> None:
    manifest = {"packages/a/package.json": b'{"main": "index.js"}'}
    paths = ["index.ts", "packages/a/src/index.ts", "packages/b/index.ts"]
    assert offered(make, manifest, *paths) == ["packages/a/src/index.ts"]


def test_what_an_entry_exports_as_a_whole_is_offered_too(make: Any) -> None:
    def export(path: str, target: str, name: str = "") -> Linkage:
        return Linkage(path, (Edge(EdgeKind.EXPORT, "", target, name, "", 1, 1),))

    linkages = {
        "index.ts": export("index.ts", "a.ts"),
        "a.ts": export("a.ts", "index.ts"),
        "b.ts": export("b.ts", "c.ts"),
    }
    paths = ("index.ts", "a.ts", "b.ts", "c.ts")
    assert offered(make, {"package.json": b"{}"}, *paths, linkages=linkages) == ["a.ts", "index.ts"]


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"null"])
def test_a_manifest_that_cannot_be_read_offers_nothing(make: Any, content: bytes) -> None:
    assert offered(make, {"package.json": content}, "a.ts", "index.ts") == []


def test_other_manifests_offer_no_files(make: Any) -> None:
    assert offered(make, {"pyproject.toml": b"{}"}, "index.ts") == []
