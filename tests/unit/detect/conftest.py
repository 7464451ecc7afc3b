"""Measured files without a parser: only what the code under test looks at."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from graph_sitter_db.model.facts import FileFacts, Lines, MeasuredFile, Source, Symbol
from graph_sitter_db.model.keys import Language, ParseStatus, SymbolKind


class Make:
    """Builds facts from little."""

    def symbol(self, name: str, ordinal: int = 0, **other: Any) -> Symbol:
        values: dict[str, Any] = {
            "parent_ordinal": None,
            "kind": SymbolKind.FUNCTION,
            "qualified_name": name,
            "duplicate_ordinal": 0,
            "signature": f"def {name}()",
            "parameters": (),
            "return_type": None,
            "decorators": (),
            "bases": (),
            "docstring": None,
            "is_async": False,
            "is_static": False,
            "is_abstract": False,
            "is_exported": True,
            "start_line": ordinal + 1,
            "end_line": ordinal + 1,
            "start_byte": 0,
            "end_byte": 1,
            "nesting": 0,
            "statements": 1,
            "lines_source": 1,
            "controls": (),
            "calls": (),
            "attributes": (),
            "structure_sha256": b"",
        }
        return Symbol(ordinal=ordinal, name=name, **{**values, **other})

    def file(
        self,
        path: str = "a.py",
        symbols: Sequence[Symbol] = (),
        values: Sequence[Mapping[str, float]] | None = None,
        content: bytes = b"",
        **other: Any,
    ) -> MeasuredFile:
        language = Language.PYTHON if path.endswith(".py") else Language.TYPESCRIPT
        source = Source(path, language, content, hashlib.sha256(content).digest())
        facts = FileFacts(
            **{
                "source": source,
                "parse_status": ParseStatus.OK,
                "lines": Lines(physical=1, source=1),
                "symbols": tuple(symbols),
                **other,
            }
        )
        return MeasuredFile(facts, {}, tuple(values or [{} for _ in symbols]))


@pytest.fixture
def make() -> Make:
    return Make()
