"""Cobertura's XML: `class@filename`, and below it `line@number@hits@condition-coverage`."""

import re
from collections.abc import Mapping
from xml.parsers import expat

from graph_sitter_db.model.coverage import FileCoverage

type Read = tuple[dict[str, FileCoverage], tuple[str, ...]]
type Counts = tuple[dict[int, int], dict[int, tuple[int, int]]]

_COUNT = re.compile(r"-?\d{1,18}")
_CONDITIONS = re.compile(r"\((\d{1,9})/(\d{1,9})\)")


def read(content: bytes) -> Read:
    """Files, and the folders (`source`) that their names may start from.

    ValueError says what is wrong. Nothing outside of `content` is read, and no entity expanded.
    """
    reader = _Reader()
    try:
        reader.parser.Parse(content, True)
    except (expat.ExpatError, LookupError) as error:
        raise ValueError(f"it is broken XML: {error}") from error
    if not reader.found:
        raise ValueError("it has no <class> with a filename, as Cobertura's XML has")
    files = {path: FileCoverage(*counts) for path, counts in reader.found.items()}
    return files, tuple(reader.roots)


class _Reader:
    """A line that stands in several `class` elements of one file has the largest of its counts.

    Lines of a class's `methods` are left out: they are among its own `lines`, but for those that
    istanbul adds, where functions begin, and does not count in its own totals either.
    """

    def __init__(self) -> None:
        self.found: dict[str, Counts] = {}
        self.roots: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self._open: list[str] = []
        self._hits: dict[int, int] = {}
        self._branches: dict[int, tuple[int, int]] = {}

    def _doctype(self, name: str, system: str | None, public: str | None, internal: bool) -> None:
        """Many reports name an outer DTD, which is not read. Only here can entities be declared."""
        if internal:
            raise ValueError("its DOCTYPE declares something, which no report has a reason to")

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        if not self._open and name != "coverage":
            raise ValueError(f"it is XML, but of <{name}>, not of Cobertura's <coverage>")
        if name == "class":
            self._class(attributes)
        elif name == "line" and self._open[-2:] == ["class", "lines"]:
            self._line(attributes)
        self._open.append(name)

    def _end(self, name: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        if self._open[-1:] == ["source"] and text.strip():
            self.roots.append(text.strip())

    def _class(self, attributes: Mapping[str, str]) -> None:
        if not (path := attributes.get("filename")):
            raise self._wrong("a <class> without filename")
        self._hits, self._branches = self.found.setdefault(path, ({}, {}))

    def _line(self, attributes: Mapping[str, str]) -> None:
        number, hits = (self._count(attributes, name) for name in ("number", "hits"))
        self._hits[number] = max(hits, self._hits.get(number, 0))
        if conditions := _CONDITIONS.search(attributes.get("condition-coverage", "")):
            taken, all_ = map(int, conditions.groups())
            if taken > all_:
                raise self._wrong(f"{taken} of {all_} branches taken")
            before = self._branches.get(number, (0, 0))
            self._branches[number] = (max(taken, before[0]), max(all_, before[1]))

    def _count(self, attributes: Mapping[str, str], name: str) -> int:
        value = attributes.get(name, "")
        if not _COUNT.fullmatch(value):
            raise self._wrong(f"a <line> with {name} {value!r:.40}")
        return max(int(value), 0)

    def _wrong(self, what: str) -> ValueError:
        return ValueError(f"line {self.parser.CurrentLineNumber} has {what}")
