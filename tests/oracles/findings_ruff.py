"""Findings in Python: ruff's, for the rules that both have."""

import io
import json
import subprocess
import sys
import tokenize
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.oracles.comparison import Cell, Comparison, Difference, Tally
from tests.oracles.findings_cases import Case
from tests.oracles.findings_rules import BY_NAME, PACKAGES, ROWS, Row, limit
from tests.oracles.sources import package, place, text, versioned

from graph_sitter_db import detect
from graph_sitter_db.model.facts import MeasuredFile
from graph_sitter_db.model.keys import Family
from graph_sitter_db.settings import Settings

NAMES = sorted({name for row in ROWS for name in row.packages})

type Lines = Mapping[str, Sequence[int]]  # by path: where statements begin
type Found = Counter[tuple[str, int]]  # how often, by path and the line where the statement begins


@cache
def compare() -> Comparison:
    assert {row.rule for row in ROWS} <= set(BY_NAME), "a row is about a rule that there is not"
    files = {file.path: file for name in NAMES for file in package(name)}
    lines = {path: statement_lines(text(file)) for path, file in files.items()}
    ours, theirs = our_findings(files, lines), their_findings(lines)
    differences: list[Difference] = []
    rows: dict[tuple[Cell, ...], Tally] = {}
    for row in ROWS:
        here, there = (within(row, found[row.rule]) for found in (ours, theirs))
        cells = (f"`{row.rule}`", ", ".join(row.codes), here.total(), there.total())
        rows[cells] = compare_findings(row, here, there, files, differences)
    return Comparison(
        title="Findings in Python: ruff",
        text=f"{versioned('ruff')} on {', '.join(map(versioned, PACKAGES))}, with our limits; what"
        f" is unused also on {versioned('networkx')}, since the others have next to nothing of it."
        " Compared is every finding that either has, by file and the line in which the statement"
        " begins; equal are those of both. Not compared are statements (PLR0915),"
        " for which there is no rule here, docstrings (D1) and nesting (PLR1702), which are defined"
        " otherwise, and ANN401, A003, RUF100 and TD.",
        columns=("rule", "ruff's", "findings here", "there"),
        rows=rows,
        differences=differences,
        reasons=dict.fromkeys(n for row in ROWS for n in (*row.only_ours, *row.only_theirs)),
        least=1_000,
        floor=0.5,
    )


def within(row: Row, found: Found) -> Found:
    """In the packages that the row is about."""
    return Counter({at: n for at, n in found.items() if at[0].partition("/")[0] in row.packages})


def compare_findings(
    row: Row,
    here: Found,
    there: Found,
    files: Mapping[str, MeasuredFile],
    differences: list[Difference],
) -> Tally:
    tally = Tally(differences, (here | there).total(), (here & there).total())
    for path, line in sorted((here - there).elements()):
        case = Case(files[path], line)
        tally.one(place(case.file, line), "a finding", None, row.only_ours, case)
    for path, line in sorted((there - here).elements()):
        case = Case(files[path], line)
        tally.one(place(case.file, line), None, "a finding", row.only_theirs, case)
    return tally


def our_findings(files: Mapping[str, MeasuredFile], lines: Lines) -> dict[str, Found]:
    rules = [BY_NAME[row.rule] for row in ROWS]
    settings = Settings(limits={row.rule: dict(row.limits) for row in ROWS if row.limits})
    detected = detect.detect(list(files.values()), None, Family.PYTHON, rules, settings)
    assert not detected.failures
    found: dict[str, Found] = {row.rule: Counter() for row in ROWS}
    by_rule = {row.rule: row for row in ROWS}
    for path, issues in detected.issues.items():
        for each in issues:
            span = range(each.finding.start_line, each.finding.end_line + 1)
            places = at(by_rule[each.rule], span, lines[path])
            found[each.rule].update((path, line) for line in places)
    return found


def their_findings(lines: Lines) -> dict[str, Found]:
    root = installed()
    found: dict[str, Found] = {row.rule: Counter() for row in ROWS}
    by_code = {code: row for row in ROWS for code in row.codes}
    for each in ruff(root, reads_noqa=False) + ruff(root, reads_noqa=True):
        path, row = Path(each["filename"]).relative_to(root).as_posix(), by_code[each["code"]]
        span = range(each["location"]["row"], each["location"]["row"] + 1)
        found[row.rule].update((path, line) for line in at(row, span, lines[path]))
    return found


def ruff(root: Path, reads_noqa: bool) -> list[dict[str, Any]]:
    rows = [row for row in ROWS if row.reads_noqa is reads_noqa]
    codes = ",".join(code for row in rows for code in row.codes)
    everything = ["--isolated", "--no-cache", "--no-respect-gitignore", "--preview"]
    everything += [] if reads_noqa else ["--ignore-noqa"]
    command = [sys.executable, "-m", "ruff", "check", "--exit-zero", "--output-format=json"]
    command += [*everything, "--target-version=py312", f"--select={codes}"]
    for option in ("exclude=[]", *(setting(row) for row in rows if row.option)):
        command += ["--config", option]
    done = subprocess.run([*command, *NAMES], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def at(row: Row, span: range, lines: Sequence[int]) -> Sequence[int]:
    """All lines of a comment, and the one in which a statement begins."""
    return span if row.is_about_comments else [lines[bisect_right(lines, span[0]) - 1]]


def setting(row: Row) -> str:
    """Our limit in its words."""
    return f"lint.{row.option}={limit(row.rule) + row.more:g}"


def installed() -> Path:
    spec = find_spec(PACKAGES[0])
    assert spec and spec.origin
    return Path(spec.origin).parent.parent


def statement_lines(code: str) -> list[int]:
    """Where statements and clauses begin, with their decorators."""
    return [1, *_statement_lines(code)]


def _statement_lines(code: str) -> Iterator[int]:
    is_inside = is_decorator = False
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.NEWLINE:
            is_inside = False
        elif token.type not in _BETWEEN and not is_inside:
            is_inside = True
            if not is_decorator:
                yield token.start[0]
            is_decorator = token.string == "@"


_BETWEEN = (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT)
