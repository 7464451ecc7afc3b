"""Facts of sources written in the tests."""

import hashlib
from collections.abc import Callable

import pytest

from graph_sitter_db import extract
from graph_sitter_db.languages import language_of
from graph_sitter_db.model.facts import FileFacts, Source

type Reader = Callable[..., FileFacts]


@pytest.fixture
def read() -> Reader:
    def facts(content: str | bytes, path: str = "module.py") -> FileFacts:
        data = content.encode() if isinstance(content, str) else content
        language = language_of(path)
        assert language
        return extract.facts(Source(path, language, data, hashlib.sha256(data).digest()))

    return facts
