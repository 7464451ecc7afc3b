"""Parquet: every value of a run as a row of one long table.

One row group, pages of plain values in gzip: what all readers know. Written here, in Thrift's
compact protocol, since the libraries that write it take 70 to 170 MB.
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graph_sitter_db.model.exports import ExportedValues

MAGIC = b"PAR1"
# Numbers of Thrift's compact protocol, and of parquet.thrift in apache/parquet-format.
_I32, _I64, _BINARY, _LIST, _STRUCT = 5, 6, 8, 9, 12
_INT64, _DOUBLE, _BYTE_ARRAY = 2, 5, 6
_UTF8, _TIMESTAMP_MICROS = 0, 10
_PLAIN, _RLE, _GZIP = 0, 3, 2


@dataclass(frozen=True, slots=True)
class Column:
    """`values` of one type; where it is optional, None for those that are missing."""

    name: str
    type: int
    converted: int | None
    encode: Callable[[Any], bytes]
    values: Sequence[Any]
    is_optional: bool = False


def content(exported: ExportedValues) -> bytes:
    """A file: its bytes are the same for the same run."""
    run, rows = exported.run, exported.rows
    count = len(rows)
    columns = [
        _text("repository", [run.codebase] * count),
        _text("language", [run.language] * count),
        _text("branch", [run.branch] * count, is_optional=True),
        _text("commit", [run.commit] * count, is_optional=True),
        _moment("committed_at", [run.committed_at] * count),
        _text("run", [run.short_id] * count),
        _text("depth", [run.depth] * count),
        _text("scope", [row.scope for row in rows]),
        _text("path", [row.path for row in rows]),
        _text("symbol", [row.symbol for row in rows]),
        _text("metric", [row.metric for row in rows]),
        Column("value", _DOUBLE, None, struct.Struct("<d").pack, [row.value for row in rows]),
        _text("definition_version", [row.definition_version for row in rows], is_optional=True),
    ]
    return _file(columns, count, f"graph-sitter-db {exported.tool_version}")


def _text(name: str, values: Sequence[str | None], is_optional: bool = False) -> Column:
    return Column(name, _BYTE_ARRAY, _UTF8, _string, values, is_optional)


def _moment(name: str, values: Sequence[datetime | None]) -> Column:
    return Column(name, _INT64, _TIMESTAMP_MICROS, _micros, values, is_optional=True)


def _string(text: str) -> bytes:
    encoded = text.encode("utf-8", "backslashreplace")
    return struct.pack("<I", len(encoded)) + encoded


def _micros(at: datetime) -> bytes:
    return struct.pack("<q", round(at.timestamp() * 1_000_000))


def _file(columns: Sequence[Column], count: int, writer: str) -> bytes:
    body, chunks = bytearray(MAGIC), []
    for column in columns:
        start, page = len(body), _page(column)
        body += page[0]
        chunks.append(_chunk(column, start, *page))
    total = sum(len(chunk) for chunk in chunks)
    group = _struct((1, _LIST, _list(_STRUCT, chunks)), _i64(2, total), _i64(3, count))
    root = _struct((4, _BINARY, _binary(b"values")), _i32(5, len(columns)))
    footer = _struct(
        _i32(1, 1),
        (2, _LIST, _list(_STRUCT, [root, *map(_element, columns)])),
        _i64(3, count),
        (4, _LIST, _list(_STRUCT, [group] if count else [])),
        (6, _BINARY, _binary(writer.encode())),
    )
    return bytes(body) + footer + struct.pack("<I", len(footer)) + MAGIC


def _page(column: Column) -> tuple[bytes, int]:
    """With its header; and how long both would be uncompressed."""
    known = [value for value in column.values if value is not None]
    plain = _levels(column) + b"".join(map(column.encode, known))
    packed = gzip.compress(plain, mtime=0)
    told = (_i32(1, len(column.values)), _i32(2, _PLAIN), _i32(3, _RLE), _i32(4, _RLE))
    header = _struct(
        _i32(1, 0), _i32(2, len(plain)), _i32(3, len(packed)), (5, _STRUCT, _struct(*told))
    )
    return header + packed, len(header) + len(plain)


def _levels(column: Column) -> bytes:
    """Which values are there, as runs of one bit."""
    if not column.is_optional:
        return b""
    there = (value is not None for value in column.values)
    runs = b"".join(_varint(sum(1 for _ in run) << 1) + bytes([bit]) for bit, run in groupby(there))
    return struct.pack("<I", len(runs)) + runs


def _element(column: Column) -> bytes:
    converted = [] if column.converted is None else [_i32(6, column.converted)]
    return _struct(
        _i32(1, column.type),
        _i32(3, int(column.is_optional)),
        (4, _BINARY, _binary(column.name.encode())),
        *converted,
    )


def _chunk(column: Column, start: int, page: bytes, plain: int) -> bytes:
    told = _struct(
        _i32(1, column.type),
        (2, _LIST, _list(_I32, [_zigzag(_PLAIN), _zigzag(_RLE)])),
        (3, _LIST, _list(_BINARY, [_binary(column.name.encode())])),
        _i32(4, _GZIP),
        _i64(5, len(column.values)),
        _i64(6, plain),
        _i64(7, len(page)),
        _i64(9, start),
    )
    return _struct(_i64(2, start), (3, _STRUCT, told))


type Field = tuple[int, int, bytes]  # number, type, value


def _struct(*fields: Field) -> bytes:
    """Fields in order of their numbers, none of which is more than 15 after the one before."""
    written, last = bytearray(), 0
    for number, kind, value in fields:
        written += bytes([(number - last) << 4 | kind]) + value
        last = number
    return bytes(written) + b"\0"


def _i32(number: int, value: int) -> Field:
    return number, _I32, _zigzag(value)


def _i64(number: int, value: int) -> Field:
    return number, _I64, _zigzag(value)


def _list(kind: int, values: Sequence[bytes]) -> bytes:
    size = len(values)
    head = bytes([size << 4 | kind]) if size < 15 else bytes([0xF0 | kind]) + _varint(size)
    return head + b"".join(values)


def _binary(value: bytes) -> bytes:
    return _varint(len(value)) + value


def _zigzag(value: int) -> bytes:
    return _varint(value << 1 if value >= 0 else (-value << 1) - 1)


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*written, value])
