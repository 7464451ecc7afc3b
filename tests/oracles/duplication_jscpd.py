"""Duplicated code: jscpd, which takes sources apart by patterns."""

import json
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from tests.oracles import npm
from tests.oracles.comparison import Cell, Comparison, Difference, Reasons, Tally
from tests.oracles.sources import measured, package, versioned

from graph_sitter_db import measure
from graph_sitter_db.measure.tokens import Numbers, Tokens, tokens
from graph_sitter_db.model.duplication import Block
from graph_sitter_db.model.facts import MeasuredFile

type Lines = frozenset[tuple[str, int]]

FORMATS = {".py": "python", ".ts": "typescript"}


class Tree:
    """Sources, and the blocks found in them here and there: both places of each."""

    def __init__(self, files: Sequence[MeasuredFile]) -> None:
        self.facts = [file.facts for file in files if not file.facts.is_generated]
        self.tokens: Mapping[str, Tokens] = {f.path: tokens(f, Numbers()) for f in self.facts}
        self.code = {path: _lines(found) for path, found in self.tokens.items()}
        self.here = self._here(100, 10)
        self.here_by_less = self._here(50, 5)  # jscpd's own limits
        self.there = sorted(set(_jscpd({f.path: f.source.content for f in self.facts}, 100, 10)))

    def lines(self, blocks: Iterable[Block]) -> Lines:
        """Those that hold code."""
        return frozenset(
            (block.path, line)
            for block in blocks
            for line in range(block.start_line, block.end_line + 1)
            if line in self.code[block.path]
        )

    def parameters(self, block: Block) -> float:
        """Their share of the block's tokens."""
        found = self.tokens[block.path]
        inside = (found.first_lines >= block.start_line) & (found.last_lines <= block.end_line)
        return float(found.are_parameters[inside].mean())

    def _here(self, least: int, lines: int) -> list[Block]:
        limits = {"tokens": least, "lines": lines, "tests": 1}
        found = measure.duplication(self.facts, lambda path: limits).duplicates
        return sorted({block for each in found for block in (each.block, *each.earlier)})


ONLY_THEIRS: Reasons[Tree, Block] = {
    "with 50 tokens and 5 lines a part of it is found here too: whole lines have to be repeated,"
    " and imports, quotation marks and the words of a long string are no tokens here": (
        lambda tree, block: bool(tree.lines([block]) & tree.lines(tree.here_by_less))
    ),
    "parameters for the most part": lambda tree, block: tree.parameters(block) > 0.5,
}
NONE: Reasons[()] = {}


@cache
def compare() -> Comparison:
    rows: dict[tuple[Cell, ...], Tally] = {}
    differences: list[Difference] = []
    for name, files in _trees():
        tree = Tree(files)
        here, there = tree.lines(tree.here), tree.lines(tree.there)
        rows[name, "of here are there"] = ours = Tally(differences)
        rows[name, "of there are here"] = theirs = Tally(differences)
        for block in tree.here:
            ours.both(_place(block), True, _is_in(tree.lines([block]), there), NONE)
        for block in tree.there:
            found = _is_in(tree.lines([block]), here)
            theirs.both(_place(block), found, True, ONLY_THEIRS, tree, block)
    return Comparison(
        title="Duplicated code: jscpd",
        text=f"{npm.versioned('jscpd')} in mode `weak`, which leaves out comments; both from 100"
        " tokens and 10 lines on, tests included. A block is found by the other if at least half of"
        " its lines that hold code are in blocks of the other."
        " [Duplication](duplication.md) has the agreement of lines.",
        columns=("sources", "blocks"),
        rows=rows,
        differences=differences,
        reasons=ONLY_THEIRS,
        least=500,
        floor=0.85,
    )


def _trees() -> Iterator[tuple[str, Sequence[MeasuredFile]]]:
    yield versioned("flask"), package("flask")
    root = npm.installed() / "node_modules"
    yield npm.versioned("zod"), tuple(measured(root, (root / "zod" / "src").rglob("*.ts")))


def _lines(found: Tokens) -> frozenset[int]:
    spans = zip(found.first_lines.tolist(), found.last_lines.tolist(), strict=True)
    return frozenset(line for first, last in spans for line in range(first, last + 1))


def _is_in(lines: Lines, others: Lines) -> bool:
    return 2 * len(lines & others) >= len(lines)


def _place(block: Block) -> str:
    return f"{block.path}:{block.start_line}"


def _jscpd(contents: Mapping[str, bytes], least: int, lines: int) -> Iterator[Block]:
    """Of a copy of the sources: it does not look into node_modules."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "sources"
        for path, content in contents.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        formats = ",".join(sorted({FORMATS[Path(path).suffix] for path in contents}))
        options = f"-k {least} -l {lines} -x 100000 -z 10mb -m weak -f {formats} -a --no-gitignore"
        report = ["-r", "json", "-o", f"{folder}/report", "-s"]
        jscpd = npm.installed() / "node_modules" / ".bin" / "jscpd"
        command = [str(jscpd), *options.split(), *report, str(root)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        found = json.loads(Path(folder, "report", "jscpd-report.json").read_text())
    for duplicate in found["duplicates"]:
        for side in ("firstFile", "secondFile"):
            place = duplicate[side]
            path = Path(place["name"]).relative_to(root).as_posix()
            yield Block(path, place["start"], place["end"])
