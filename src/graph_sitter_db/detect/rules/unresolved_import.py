"""Imports of what is not there."""

import re
from collections.abc import Iterator, Set
from typing import Any

from graph_sitter_db.detect.modules import Missing, Modules
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Codebase, Effort, Example, Limits, Rule


def check(codebase: Codebase, limits: Limits) -> Iterator[Finding]:
    """Looked at are imports that name a place (`from .a import b`, `"./a"`) and those of packages
    that are here. What is compiled, generated or left out looks missing too, so nothing is said of

    - names with `_` in front, and those that generators give, such as `version`,
    - folders without a source file, and those that lack what importing a package asks for, which
      somebody has done: more is in them than can be seen,
    - imports under `try`, `if` or `with`, which know that they may fail, and those in tests.
    """
    modules = Modules({path: file.facts for path, file in codebase.files.items()})
    missing = [
        (path, each)
        for path, file in codebase.files.items()
        if not file.facts.is_test
        for each in modules.missing(file.facts)
    ]
    begun = _begun(codebase)
    unseen = {each.place for path, each in missing if path in begun and not _is_late(each.node)}
    for path, each in missing:
        if each.place not in unseen and not _MADE.search(each.name):
            yield _finding(path, each, codebase)


_MADE = re.compile(r"(?i)^_|version|generated|_pb2|_rc$|^ui_|^package$|vendor|^proto")


def _begun(codebase: Codebase) -> Set[str]:
    """Files that run when one of the packages is imported."""
    found = {path for path in codebase.files if _BEGINNING.search(path)}
    waiting = [*found]
    while waiting:
        new = codebase.structure.graph.imports.get(waiting.pop(), frozenset()) - found
        found |= new
        waiting += new
    return found


_BEGINNING = re.compile(r"(^|/)(__init__\.py|index\.[jt]sx?)$")


def _is_late(node: Any) -> bool:
    while node is not None and node.type != "function_definition":
        node = node.parent
    return node is not None


def _finding(path: str, missing: Missing, codebase: Codebase) -> Finding:
    node, facts = missing.node, codebase.files[path].facts
    symbol = facts.symbol_at(node.start_byte)
    place = "the top folder" if missing.place == "." else missing.place
    return Finding(
        path=path,
        message=f"`{missing.asked}` cannot be imported: {place} has no `{missing.name}`",
        start_line=node.start_point.row + 1,
        end_line=node.end_point.row + 1,
        symbol=symbol.key if symbol else None,
        anchor=missing.asked,
    )


RULE = Rule(
    name="unresolved_import",
    title="Import of what is not there",
    why=(
        "It fails as soon as it runs. Often the module was renamed or removed, and this is where "
        "nobody looked."
    ),
    category="structure",
    severity=Severity.ERROR,
    limits={},
    effort=Effort(constant=10, source="our estimate"),
    bad=(
        Example(
            files={
                "shop/__init__.py": "",
                "shop/bill.py": "def total():\n    return 1\n",
                "shop/main.py": "from .bills import total\nfrom shop.bill import price\n",
            },
            findings=2,
        ),
        Example(
            files={
                "bill.ts": "export const total = 1\n",
                "main.ts": "import { total } from './bills'\nconsole.log(total)\n",
            },
            findings=1,
        ),
    ),
    good=(
        Example(
            files={
                "shop/__init__.py": "from .fast import add\n",
                "shop/bill.py": "from . import fast, _speedups\nfrom .version import number\n",
                "shop/main.py": "try:\n    from .bills import total\nexcept ImportError:\n"
                "    total = None\n",
            },
            findings=0,
        ),
        Example(
            files={
                "bill.ts": "export const total = 1\n",
                "main.ts": "import './page.css'\nimport { total } from './bill.js'\n"
                "import { Row } from './generated/rows'\nconsole.log(total)\n",
            },
            findings=0,
        ),
    ),
    check_codebase=check,
)
