"""Facts and relations of sources written in the tests."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from graph_sitter_db import extract
from graph_sitter_db.extract.graph import build
from graph_sitter_db.languages import family_of, language_of
from graph_sitter_db.model.facts import FileFacts, Source
from graph_sitter_db.model.relations import Relations

type Reader = Callable[..., FileFacts]
type Relate = Callable[[Mapping[str, str]], Relations]
type Write = Callable[[Path, Mapping[str, str]], Path]


@pytest.fixture
def read() -> Reader:
    def facts(content: str | bytes, path: str = "module.py") -> FileFacts:
        data = content.encode() if isinstance(content, str) else content
        language = language_of(path)
        assert language
        return extract.facts(Source(path, language, data, hashlib.sha256(data).digest()))

    return facts


@pytest.fixture
def relate(tmp_path: Path, read: Reader, write: Write) -> Relate:
    """The relations of a tree, with graph_sitter in this process."""

    def related(files: Mapping[str, str]) -> Relations:
        root = write(tmp_path.resolve() / "tree", files)
        facts = {path: read(text, path) for path, text in files.items() if language_of(path)}
        [family] = {family_of(path) for path in facts}
        assert family is not None
        graph = build(root, family, list(facts))
        try:
            return extract.relate(graph, facts)
        finally:
            graph.release()

    return related
