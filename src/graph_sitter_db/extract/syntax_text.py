"""A file's bytes, made ready for the parser without moving any of them."""

import codecs
import io
import re
import tokenize
from dataclasses import dataclass

from graph_sitter_db.model.keys import Family

_LONE_CR = re.compile(rb"\r(?!\n)")
_BOMS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


class UnreadableError(Exception):
    """The message says why no facts can be had."""


@dataclass(frozen=True, slots=True)
class Text:
    """`parsed` is what the parser gets: as long as `content`, byte for byte at the same place."""

    content: bytes
    parsed: bytes
    encoding: str
    note: str | None = None  # what is wrong with it, though it can be read

    def read(self, start: int, end: int) -> str:
        return self.content[start:end].decode(self.encoding, "replace")


def text_of(content: bytes, family: Family) -> Text:
    """Raises `UnreadableError` for encodings in which ASCII syntax cannot be seen."""
    for bom, name in _BOMS.items():
        if content.startswith(bom):
            raise UnreadableError(f"the file is {name}; convert it to UTF-8")
    encoding = _declared(content) if family is Family.PYTHON else "utf-8"
    lines = _LONE_CR.sub(b"\n", content) if b"\r" in content else content
    try:
        text = lines.decode(encoding)
    except UnicodeDecodeError as error:
        return _mended(content, lines, encoding, error)
    except (LookupError, UnicodeError) as error:  # rot13, undefined
        raise UnreadableError(f"the file declares {encoding!r}, no encoding of text") from error
    if encoding == "utf-8":
        return Text(content, lines, encoding)
    masked = _masked(text, encoding)
    if len(masked) != len(content):
        raise UnreadableError(f"the encoding {encoding} keeps state between characters; use UTF-8")
    return Text(content, masked, encoding)


def _masked(text: str, encoding: str) -> bytes:
    """One `x` for each byte that is not ASCII: the syntax stays, and so does every position."""
    return "".join(c if c < "\x80" else "x" * len(c.encode(encoding)) for c in text).encode()


def _declared(content: bytes) -> str:
    """What the interpreter would read it as."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content[:1000]).readline)
    except SyntaxError:
        return _cookie_or_utf8(content)
    name = codecs.lookup(encoding).name
    return "utf-8" if name in ("utf-8", "utf-8-sig", "ascii") else name


def _cookie_or_utf8(content: bytes) -> str:
    """`detect_encoding` refuses unknown encodings, and first lines that are not in UTF-8."""
    cookie = re.search(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", content[:300], re.MULTILINE)
    name = cookie[1].decode() if cookie else "utf-8"
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise UnreadableError(f"the file declares the unknown encoding {name!r}") from None


def _mended(content: bytes, lines: bytes, encoding: str, error: UnicodeDecodeError) -> Text:
    line = lines.count(b"\n", 0, error.start) + 1
    note = f"line {line}: byte 0x{content[error.start]:02x} is not {encoding.upper()}"
    decoded = lines.decode("utf-8", "surrogateescape")
    return Text(content, re.sub("[\udc80-\udcff]", "x", decoded).encode(), "utf-8", note)
