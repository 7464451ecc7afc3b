"""The Parquet file, read back by the format's description (apache/parquet-format 2.10).

DuckDB 2.0.1 and pyarrow 26.0.1 read it, too: 24,964 rows of click, 70 kB.
"""

import gzip
import struct
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.present.conftest import DEFAULTS

from graph_sitter_db.model.exports import ExportedValues, ValueRow
from graph_sitter_db.model.reports import RunSummary
from graph_sitter_db.present.exporters.parquet import content

RUN = RunSummary(**DEFAULTS[RunSummary])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
ROWS = st.lists(
    st.builds(
        ValueRow,
        st.sampled_from(["file", "symbol"]),
        TEXTS,
        TEXTS,
        TEXTS,
        st.floats(allow_nan=False),
        st.none() | TEXTS,
    ),
    max_size=20,
)


class Reader:
    """Thrift's compact protocol: structs as dictionaries by field number."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at = data, at

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def value(self, kind: int) -> Any:
        if kind in (5, 6):
            number = self.varint()
            return number >> 1 ^ -(number & 1)
        if kind == 8:
            size = self.varint()
            self.at += size
            return self.data[self.at - size : self.at]
        if kind == 9:
            head = self.data[self.at]
            self.at += 1
            size = self.varint() if head >> 4 == 15 else head >> 4
            return [self.value(head & 15) for _ in range(size)]
        assert kind == 12
        return self.struct()

    def struct(self) -> dict[int, Any]:
        found, field = {}, 0
        while head := self.data[self.at]:
            self.at += 1
            field += head >> 4
            found[field] = self.value(head & 15)
        self.at += 1
        return found


def read(data: bytes) -> dict[str, list[Any]]:
    assert data[:4] == data[-4:] == b"PAR1"
    (size,) = struct.unpack("<I", data[-8:-4])
    footer = Reader(data[-8 - size : -8]).struct()
    root, *elements = footer[2]
    assert root[5] == len(elements)
    found: dict[str, list[Any]] = {each[4].decode(): [] for each in elements}
    for group in footer[4]:
        assert group[3] == footer[3]
        for element, chunk in zip(elements, group[1], strict=True):
            assert chunk[3][3] == [element[4]]
            found[element[4].decode()] = column(data, element, chunk[3])
    return found


def column(data: bytes, element: dict[int, Any], chunk: dict[int, Any]) -> list[Any]:
    reader = Reader(data, chunk[9])
    header = reader.struct()
    page = gzip.decompress(data[reader.at : reader.at + header[3]])
    assert len(page) == header[2]
    assert reader.at + header[3] - chunk[9] == chunk[7]
    there, at = [True] * chunk[5], 0
    if element[3]:
        (size,) = struct.unpack("<I", page[:4])
        runs, there, at = Reader(page, 4), [], 4 + size
        while runs.at < at:
            run = runs.varint()
            there += [bool(page[runs.at])] * (run >> 1)
            runs.at += 1
    values = []
    for known in there:
        value, at = plain(page, at, element[1]) if known else (None, at)
        values.append(value)
    assert (at, len(values)) == (len(page), chunk[5])
    return values


def plain(page: bytes, at: int, kind: int) -> tuple[Any, int]:
    if kind == 6:
        (size,) = struct.unpack_from("<I", page, at)
        return page[at + 4 : at + 4 + size].decode(), at + 4 + size
    return struct.unpack_from("<d" if kind == 5 else "<q", page, at)[0], at + 8


def table(rows: list[ValueRow], run: RunSummary = RUN) -> dict[str, list[Any]]:
    return read(content(ExportedValues("1.0", run, rows)))


@given(ROWS)
def test_every_row_is_read_back_as_it_was(rows: list[ValueRow]) -> None:
    found = table(rows)
    names = ("scope", "path", "symbol", "metric", "value", "definition_version")
    assert [ValueRow(*each) for each in zip(*(found[name] for name in names), strict=True)] == rows
    assert {len(values) for values in found.values()} == {len(rows)}


def test_each_row_says_of_which_commit_it_is_and_when_that_was_made() -> None:
    row = ValueRow("codebase", "", "", "lines", 3.0, "1")
    at = datetime(2024, 5, 1, 12, 30, 0, 250_000, UTC)
    run = RUN.model_copy(update={"commit": "c0ffee", "committed_at": at, "branch": None})
    found = table([row, replace(row, metric="files")], run)
    assert found["commit"] == ["c0ffee"] * 2
    assert found["committed_at"] == [1_714_566_600_250_000] * 2
    assert (found["branch"], found["repository"]) == ([None] * 2, [RUN.codebase] * 2)
