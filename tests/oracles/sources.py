"""Sources that others wrote, measured: what is compared on."""

import ast
import hashlib
import warnings
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from graph_sitter_db import extract, measure
from graph_sitter_db.languages import language_of
from graph_sitter_db.model.facts import MeasuredFile, Source, Symbol

PACKAGES = ("click", "flask", "jinja2", "networkx", "pydantic", "rich", "sqlalchemy")


def versioned(package: str) -> str:
    return f"{package} {metadata.version(package)}"


@cache
def package(name: str) -> tuple[MeasuredFile, ...]:
    """The Python files of an installed package; paths begin with its name."""
    spec = find_spec(name)
    assert spec and spec.origin, f"{name} is not installed: run make test"
    folder = Path(spec.origin).parent
    return tuple(measured(folder.parent, folder.rglob("*.py")))


def measured(root: Path, paths: Iterable[Path]) -> Iterator[MeasuredFile]:
    for path in sorted(paths):
        name, content = path.relative_to(root).as_posix(), path.read_bytes()
        language = language_of(name)
        assert language
        source = Source(name, language, content, hashlib.sha256(content).digest())
        yield measure.measure(extract.facts(source))


def values(file: MeasuredFile, metric: str) -> Iterator[tuple[Symbol, float]]:
    """The symbols that have the metric."""
    for symbol, each in zip(file.facts.symbols, file.symbol_values, strict=True):
        if metric in each:
            yield symbol, each[metric]


def parsed(code: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in the sources of others
        return ast.parse(code)


def text(file: MeasuredFile) -> str:
    return file.facts.source.content.decode()


def place(file: MeasuredFile, line: int) -> str:
    return f"{file.path}:{line}"
