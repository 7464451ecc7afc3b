"""Adapters on databases of their own, and graph-sitter's Codebases of real folders."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from graph_sitter_db import CodebaseDBAdapter
from graph_sitter_db.extract import quiet


@pytest.fixture
def adapter(installed_database: str) -> Iterator[CodebaseDBAdapter]:
    with CodebaseDBAdapter(installed_database) as opened:
        yield opened


@pytest.fixture
def opened() -> Callable[..., Any]:
    """A graph-sitter Codebase of a folder, as a user opens one."""
    quiet.load()
    from graph_sitter import Codebase

    def codebase(root: Path, language: str = "python", **options: Any) -> Any:
        return Codebase(str(root), language=language, **options)

    return codebase
