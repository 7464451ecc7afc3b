"""Variables that are given a value nobody reads."""

import re
from collections.abc import Iterator

from graph_sitter_db.detect.linters import silence
from graph_sitter_db.detect.mentions import Mentions
from graph_sitter_db.detect.places import at
from graph_sitter_db.detect.reads import Reads
from graph_sitter_db.detect.variables import Variable, variables
from graph_sitter_db.model.facts import FileFacts, MeasuredFile, Symbol
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Language, ParseStatus, Severity, SymbolKind
from graph_sitter_db.model.ports import Codebase, Effort, Example, Limits, Rule
from graph_sitter_db.model.publicity import (
    is_judged,
    is_maintained,
    is_reachable,
    is_special,
)


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """Locals of functions, and what a TypeScript or JavaScript module keeps to itself; at depth
    `graph` also variables of Python modules whose name begins with `_` and stands nowhere else: in
    code, in a string, in a comment, in pyproject.toml.

    Left alone: names that begin with `_` inside functions; parts of a tuple or list, which have to
    be there; siblings of a `...rest`; loop variables; functions that use `locals()` or `eval()`,
    and files that have tracebacks show locals; vendored code and data of tests; what comments for
    other linters speak of.
    """
    facts = file.facts
    if facts.tree is None or facts.parse_status is not ParseStatus.OK or not is_maintained(facts):
        return
    reads = Reads(facts)
    if unread := [each for each in variables(facts) if not _is_read(each, reads)]:
        quiet = silence(facts, "F841", "W0612", "unused-variable", "unused-vars", "noUnused")
        for each in unread:
            if not quiet.covers(*each.lines):
                yield at(facts, each.places[0], f"Nothing reads `{each.name}`")


def _is_read(variable: Variable, reads: Reads) -> bool:
    return variable.name.startswith("_") or reads.local(variable.name, variable.within)


def check_codebase(codebase: Codebase, limits: Limits) -> Iterator[Finding]:
    mentions = Mentions(codebase)
    for file in codebase.files.values():
        facts = file.facts
        if facts.source.language is not Language.PYTHON or not is_judged(facts):
            continue
        for symbol in facts.symbols:
            if _is_private(symbol, facts) and not mentions.mentioned(symbol, facts):
                yield Finding(
                    path=facts.path,
                    message=f"Nothing reads `{symbol.name}`",
                    start_line=symbol.start_line,
                    end_line=symbol.end_line,
                    symbol=symbol.key,
                )


def _is_private(symbol: Symbol, facts: FileFacts) -> bool:
    return (
        symbol.kind is SymbolKind.VARIABLE
        and symbol.duplicate_ordinal == 0
        and symbol.name.startswith("_")
        and not is_special(symbol.name)
        and not is_reachable(symbol, facts)
        and _is_alone(symbol, facts.source.content)
    )


def _is_alone(symbol: Symbol, content: bytes) -> bool:
    """No part of a tuple, which has to be there."""
    assignment = re.compile(re.escape(symbol.name.encode()) + rb"\s*[:=]")
    return assignment.match(content, symbol.start_byte) is not None


RULE = Rule(
    name="unused_variable",
    title="Variable that nothing reads",
    why=(
        "Whoever reads the code looks for the place where it matters. Often the value was meant to "
        "be used, or what computes it can go as well."
    ),
    category="structure",
    severity=Severity.WARNING,
    limits={},
    effort=Effort(constant=5, source="SonarQube S1481"),
    bad=(
        Example(
            files={
                "shop.py": "def buy(item):\n    price = item.price()\n    return item\n",
            },
            findings=1,
        ),
        Example(
            files={
                "shop.py": "def buy(path):\n    with open(path) as file:\n        pass\n"
                "    try:\n        run()\n    except OSError as error:\n        stop()\n",
            },
            findings=2,
        ),
        Example(files={"shop.py": "_TAX = 0.2\n\n\ndef buy():\n    return 1\n"}, findings=1),
        Example(
            files={
                "shop.ts": "const tax = 0.2\n"
                "export function buy({ item, price }: Order) {\n  const { name, size } = item\n"
                "  return name\n}\n",
            },
            findings=2,
        ),
    ),
    good=(
        Example(
            files={
                "shop.py": "def buy(item):\n    price, tax = item.price()\n    _rest = 1\n"
                "    total = 0\n\n    def add():\n        nonlocal total\n"
                "        total = price\n\n    return add, f'{total}'\n",
            },
            findings=0,
        ),
        Example(
            files={
                "shop.ts": "export function buy(item: Item, all: Item[]) {\n"
                "  const { price, ...rest } = item\n  const [first, second] = all\n"
                "  for (const each of all) count()\n  return [rest, second]\n}\n",
            },
            findings=0,
        ),
    ),
    check_file=check,
    check_codebase=check_codebase,
)
