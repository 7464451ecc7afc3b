"""What the tests of several modules ask of a tree."""

from collections.abc import Callable, Mapping
from pathlib import Path

from graph_sitter_db.checkout import Tree

type Git = Callable[..., str]
type Make = Callable[..., Path]
type Write = Callable[[Path, Mapping[str, str | bytes]], Path]


def contents(tree: Tree) -> dict[str, bytes]:
    return {s.path: s.content for family in tree.families() for s in tree.sources(family)}
