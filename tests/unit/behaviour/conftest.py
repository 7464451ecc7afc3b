"""Histories as short as they can be."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from graph_sitter_db.model.changes import Change, FileChange

type Commit = Callable[..., Change]


@pytest.fixture
def commit() -> Commit:
    """A commit of an author that adds two lines to each of the files, and removes one."""

    def change(author: str, *paths: str) -> Change:
        files = tuple(FileChange(path, 2, 1) for path in paths)
        return Change("0" * 40, author, f"{author}@example.org", datetime.now(UTC), files)

    return change
