"""Comments that tell other linters to leave something alone: a sign that it is on purpose."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from graph_sitter_db.model.facts import FileFacts

# What a comment says, in lower case, and how far it reaches. What it is limited to stands after it.
_COMMENTS = {
    re.compile(rb"#\s*(?:ruff|flake8)\s*:\s*noqa\b"): "file",
    re.compile(rb"#\s*noqa\b(?!\s*:).*"): "line",  # words without a colon limit nothing
    re.compile(rb"#\s*noqa\b"): "line",
    re.compile(rb"^\s*#\s*pylint:\s*disable="): "rest",
    re.compile(rb"#\s*pylint:\s*disable="): "line",
    re.compile(rb"#\s*pylint:\s*disable-next="): "next",
    re.compile(rb"#\s*noinspection\b"): "next",
    re.compile(rb"\b(?:es|ox)lint-disable-next-line\b"): "next",
    re.compile(rb"\b(?:es|ox)lint-disable-line\b"): "line",
    re.compile(rb"\b(?:es|ox)lint-disable\b"): "rest",
    re.compile(rb"\bbiome-ignore\b"): "next",
    re.compile(rb"@ts-nocheck\b"): "file",
    re.compile(rb"@ts-(?:ignore|expect-error)\b"): "next",
}
_HINT = re.compile(rb"noqa|pylint:|noinspection|lint-disable|biome-ignore|@ts-")
_REASON = re.compile(rb"\s--\s|\*/|#")


@dataclass(frozen=True, slots=True)
class Silence:
    """Where other linters are to be quiet about something; lines count from 1."""

    lines: frozenset[int] = frozenset()
    rest: float = float("inf")  # from this line on all are

    def covers(self, *lines: int) -> bool:
        return any(line in self.lines or line >= self.rest for line in lines)


def silence(facts: FileFacts, *names: str) -> Silence:
    """`names` are what linters call the matter, in whole or in part: `F401`, `no-unused-vars`."""
    text = facts.source.content.lower()
    if not _HINT.search(text):
        return Silence()
    wanted = [name.lower().encode() for name in (*names, "all")]
    reaches = list(_reaches(text, wanted))
    return Silence(
        frozenset(line + (reach == "next") for line, reach in reaches),
        min((line for line, reach in reaches if reach == "rest"), default=float("inf")),
    )


def _reaches(text: bytes, wanted: list[bytes]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split(b"\n"), 1):
        if not _HINT.search(line):
            continue
        for pattern, reach in _COMMENTS.items():
            if match := pattern.search(line):
                codes = _REASON.split(line[match.end() :])[0].strip(b" :\t\r")
                if not codes or any(name in codes for name in wanted):
                    yield (1, "rest") if reach == "file" else (number, reach)
                break
