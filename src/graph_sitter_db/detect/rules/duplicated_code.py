"""Code that stands in a codebase more than once."""

from collections.abc import Iterator

from graph_sitter_db.model.duplication import Block, Duplicate
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Codebase, Effort, Example, Limits, Rule


def check(codebase: Codebase, limits: Limits) -> Iterator[Finding]:
    """Limits: 100 tokens on 10 lines, SonarQube's, which leaves out tests too. At each block but
    the first; a file that is another's copy as a whole costs nothing to mend: it is deleted.
    """
    for duplicate in codebase.duplication.duplicates:
        yield _finding(duplicate, codebase.limits_at(duplicate.block.path), codebase)


def _finding(duplicate: Duplicate, limits: Limits, codebase: Codebase) -> Finding:
    block = duplicate.block
    return Finding(
        path=block.path,
        symbol=_symbol(block, codebase),
        message=_message(duplicate, limits),
        start_line=block.start_line,
        end_line=block.end_line,
        measured=duplicate.lines,
        limit=limits["lines"],
        anchor="" if duplicate.is_whole_file else duplicate.digest,
        gap=0 if duplicate.is_whole_file else 1,
        data={
            "tokens": duplicate.tokens,
            "earlier": [[each.path, each.start_line, each.end_line] for each in duplicate.earlier],
        },
    )


def _symbol(block: Block, codebase: Codebase) -> str | None:
    """The innermost that holds all of it."""
    around = [
        symbol
        for symbol in codebase.files[block.path].facts.symbols
        if symbol.start_line <= block.start_line and block.end_line <= symbol.end_line
    ]
    return around[-1].key if around else None


def _message(duplicate: Duplicate, limits: Limits) -> str:
    if duplicate.is_whole_file:
        return f"`{duplicate.block.path}` is a copy of `{duplicate.earlier[0].path}`"
    return (
        f"{duplicate.lines} lines of code with {duplicate.tokens} tokens repeat "
        f"{_listed(duplicate)} (limits {limits['lines']:g} and {limits['tokens']:g})"
    )


def _listed(duplicate: Duplicate, most: int = 3) -> str:
    places = [f"{each.path}:{each.start_line}–{each.end_line}" for each in duplicate.earlier]
    shown = ", ".join(places[:most])
    return f"{shown} and {len(places) - most} more" if len(places) > most else shown


_PYTHON = """\
    rows, seen = [], set()
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        if not name or name in seen:
            continue
        seen.add(name)
        count, price = (int(part) for part in rest.split(","))
        total = count * price
        if total > 100:
            total -= total // 10
        rows.append((name, count, total))
    return sorted(rows, key=lambda row: (-row[2], row[0]))
"""
_TYPESCRIPT = """\
  const rows: Row[] = []
  const seen = new Set<string>()
  for (const line of text.split('\\n')) {
    const [name, rest] = line.split(':')
    if (!name || seen.has(name)) continue
    seen.add(name)
    const [count, price] = rest.split(',').map(Number)
    let total = count * price
    if (total > 100) total -= Math.floor(total / 10)
    rows.push({ name, count, total })
  }
  return rows.sort((a, b) => b.total - a.total)
}
"""
_OVERLOADS = "".join(
    f"@overload\ndef read(\n{''.join(f'    option_{n}: int = {n},\n' for n in range(20))}"
    f"    kind: {kind} = ...,\n) -> {kind}: ...\n"
    for kind in ("int", "str")
)
_IMPORTS = "".join(f"from package_{n} import first_{n}, second_{n}\n" for n in range(30))

RULE = Rule(
    name="duplicated_code",
    title="The same code stands somewhere else too",
    why=(
        "A mistake in it has to be found and mended everywhere. Code is equal when its tokens are, "
        "names and literals included, however it is laid out and commented. Imports, parameter "
        "lists and overloads do not count: they have to be said again. "
        "[Duplication](duplication.md) says more. With the limit `tests` at 1, tests are looked at "
        "as well."
    ),
    category="duplication",
    severity=Severity.WARNING,
    limits={"tokens": 100, "lines": 10, "tests": 0},
    effort=Effort(
        per_unit=20,
        unit="block",
        source="SonarQube common rule DuplicatedBlocks: 10 for a file and 10 for each block",
    ),
    bad=(
        Example(
            files={
                "bills.py": f"def bills(text):\n{_PYTHON}",
                "orders.py": f"def orders(text):\n{_PYTHON.replace('    ', '  ')}",
            },
            findings=1,
        ),
        Example(
            files={"sales.py": f"def bills(text):\n{_PYTHON}\n\ndef orders(text):\n{_PYTHON}"},
            findings=1,
        ),
        Example(
            files={
                "bills.ts": f"export function bills(text: string): Row[] {{\n{_TYPESCRIPT}",
                "orders.ts": f"export const orders = (text: string): Row[] => {{\n{_TYPESCRIPT}",
            },
            findings=1,
        ),
        Example(
            files=dict.fromkeys(("bills.py", "old/bills.py"), f"def bills(text):\n{_PYTHON}"),
            findings=1,
        ),
    ),
    good=(
        Example(
            files={
                "bills.py": f"def bills(text):\n{_PYTHON}",
                "test_bills.py": f"def expected(text):\n{_PYTHON}",
            },
            findings=0,
        ),
        Example(files={"a.py": f"{_IMPORTS}a = 1\n", "b.py": f"{_IMPORTS}b = 1\n"}, findings=0),
        Example(files={"a.py": f"from typing import overload\n{_OVERLOADS}"}, findings=0),
    ),
    check_codebase=check,
)
