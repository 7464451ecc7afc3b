"""Imports that their file does not use."""

from collections.abc import Iterator

from graph_sitter_db.detect.imports import Imported, imported
from graph_sitter_db.detect.linters import silence
from graph_sitter_db.detect.places import at
from graph_sitter_db.detect.purposes import Purposes
from graph_sitter_db.detect.reads import Reads
from graph_sitter_db.detect.scopes import Scopes
from graph_sitter_db.model.facts import MeasuredFile
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import ParseStatus, Severity
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule
from graph_sitter_db.model.publicity import is_maintained


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """Left alone is what an import may be for though its file does not read the name: names in
    `__all__`, `import a as a`, whole statements that take public names out of the own package,
    `__init__.py`, `conftest.py` and modules called compat, which import for others; imports under
    `except ImportError` and in `with`; fixtures of tests, and vendored code and data of tests; and
    what comments for other linters speak of (`noqa`, `eslint-disable` …). A name in a doctest, or
    in a type written as text, is read.
    """
    facts = file.facts
    if facts.tree is None or facts.parse_status is not ParseStatus.OK or not is_maintained(facts):
        return
    reads, scopes, imports = Reads(facts), Scopes(facts), [*imported(facts)]
    unread = [each for each in imports if not _is_read(each, reads, scopes)]
    if unread:
        purposes = Purposes(facts, imports, unread)
        quiet = silence(facts, "F401", "W0611", "unused-import", "no-unused", "noUnused")
        for each in unread:
            if not purposes.serves(each) and not quiet.covers(*_lines(each)):
                yield at(facts, each.node, f"`{each.name}` is imported and never used")


def _is_read(each: Imported, reads: Reads, scopes: Scopes) -> bool:
    if scopes.is_attribute(each.node):
        return True
    function = scopes.function(each.node)
    within = range(function.start_byte, function.end_byte) if function else scopes.file
    return reads.read(each.name, within)


def _lines(each: Imported) -> tuple[int, int, int]:
    statement = each.statement
    rows = statement.start_point[0], each.node.start_point[0], statement.end_point[0]
    return rows[0] + 1, rows[1] + 1, rows[2] + 1


RULE = Rule(
    name="unused_import",
    title="Import that nothing uses",
    why=(
        "It costs time to load and to read, ties the file to something it does not need, and makes "
        "circles of imports that need not be."
    ),
    category="structure",
    severity=Severity.WARNING,
    limits={},
    effort=Effort(constant=1, source="SonarQube S1128 for JavaScript"),
    bad=(
        Example(
            files={"shop.py": "import json\nfrom os import path\n\nprint(path.sep, x.json)\n"},
            findings=1,
        ),
        Example(
            files={"shop.py": "def price():\n    import json\n\n    return 1\n"},
            findings=1,
        ),
        Example(
            files={
                "shop.ts": "import { price, total as sum } from './bill'\n"
                "import type { Bill } from './bill'\n"
                "export const all = (bills: Bill[]) => bills.map(price)\n"
            },
            findings=1,
        ),
    ),
    good=(
        Example(
            files={
                "shop.py": "from __future__ import annotations\n\n"
                "import bill.tax\n"
                "from bill import Bill, price, total as total\n"
                "import speedups  # noqa: F401\n\n"
                "__all__ = ['price']\n\n\n"
                "def add(bill: 'Bill'):\n    return bill.tax\n"
            },
            findings=0,
        ),
        Example(
            files={
                "shop.py": "try:\n    import numpy\nexcept ImportError:\n    HAS_NUMPY = False\n"
                "else:\n    HAS_NUMPY = True\n"
            },
            findings=0,
        ),
        Example(files={"shop/__init__.py": "from shop.bill import price\n"}, findings=0),
        Example(
            files={
                "shop.tsx": "import React from 'react'\nimport './style.css'\n"
                "import { Bill, type Tax } from './bill'\nexport { Tax }\n"
                "export const Shop = () => <Bill />\n"
            },
            findings=0,
        ),
    ),
    check_file=check,
)
