"""What an import asks for is looked for where the language would."""

from collections.abc import Mapping

import pytest

from graph_sitter_db import extract
from graph_sitter_db.detect.modules import Modules
from graph_sitter_db.languages import language_of
from graph_sitter_db.model.facts import FileFacts, Source

SHOP = {"shop/__init__.py": "", "shop/bill.py": "def total():\n    return 1\n"}


def asked(files: Mapping[str, str]) -> list[str]:
    """By all files, in vain."""
    facts = {path: facts_of(path, text) for path, text in files.items()}
    modules = Modules(facts)
    return [each.asked for found in facts.values() for each in modules.missing(found)]


def facts_of(path: str, text: str) -> FileFacts:
    language = language_of(path)
    assert language
    return extract.facts(Source(path, language, text.encode(), b""))


@pytest.mark.parametrize(
    ("statement", "missing"),
    [
        ("from .bills import total", [".bills"]),
        ("from . import bill, bills", [".bills"]),
        ("from .. import bills", ["..bills"]),
        ("from .bill import total, price", [".bill.price"]),
        ("import shop.bills", ["shop.bills"]),
        ("import shop.bill as b, shop.bills as c", ["shop.bills"]),
        ("from shop.bill import (\n    price,\n)", ["shop.bill.price"]),
        ("from shop import (bills as b)", ["shop.bills"]),
        ("def f():\n    from .bills import total", [".bills"]),
    ],
)
def test_what_is_not_there_is_reported(statement: str, missing: list[str]) -> None:
    assert asked({**SHOP, "shop/main.py": f"{statement}\n"}) == missing


@pytest.mark.parametrize(
    "statement",
    [
        "from .bill import total",
        "from .bill import *",
        "from . import bill",
        "import shop, shop.bill",
        "from shop import bill",
        "import requests, requests.bills",
        "from bills import total",
        "from .generated.api import call",
        "from .... import bills",
        "try:\n    from .bills import total\nexcept ImportError:\n    pass",
        "try:\n    pass\nexcept ImportError:\n    from .bills import total",
        "if TYPE_CHECKING:\n    from .bills import total",
        "if sys.version_info < (3, 9):\n    from .bills import total",
        "with suppress(ImportError):\n    from .bills import total",
    ],
)
def test_what_is_there_or_cannot_be_known_is_not(statement: str) -> None:
    assert asked({**SHOP, "shop/main.py": f"{statement}\n"}) == []


@pytest.mark.parametrize(
    "init",
    [
        "def __getattr__(name):\n    return 1\n",
        "from os import *\n",
        "globals().update(a=1)\n",
        "bills = 1\n",
        "__all__ = ['bills']\n",
        "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n",
    ],
)
def test_a_package_may_make_its_names(init: str) -> None:
    files = {**SHOP, "shop/__init__.py": init, "shop/main.py": "from shop import bills\n"}
    assert asked(files) == []


def test_a_package_of_packages_needs_no_init() -> None:
    files = {"shop/bill/total.py": "x = 1\n", "shop/main.py": "from .bill import total\n"}
    assert asked(files) == []
    assert asked({**files, "shop/main.py": "from .bill import totals\n"}) == [".bill.totals"]


def test_a_package_below_src_is_known() -> None:
    files = {f"src/{path}": text for path, text in SHOP.items()}
    assert asked({**files, "scripts/run.py": "import shop.bill\nimport shop.bills\n"}) == [
        "shop.bills"
    ]


@pytest.mark.parametrize(
    ("statement", "missing"),
    [
        ("import { a } from './bills'", ["./bills"]),
        ("export * from './bills.js'", ["./bills.js"]),
        ("export { a } from '../shop/bills'", ["../shop/bills"]),
        ("import type { A } from './bills'", ["./bills"]),
        ("import { a } from './bill'", []),
        ("import { a } from './bill.js'", []),
        ("import { a } from './deep'", []),
        ("import { a } from './types'", []),
        ("import { a } from './view'", []),
        ("import { a } from '.'", []),
        ("import { a } from '..'", []),
        ("import { a } from 'bills'", []),
        ("import { a } from '@/bills'", []),
        ("import a from './bills.json'", []),
        ("import a from './bills.svg?raw'", []),
        ("import './bills.css'", []),
        ("import { a } from './generated/bills'", []),
        ("import { a } from './bills.service'", []),
        ("import { a } from '../../../bills'", []),
        ("// @ts-ignore\nimport { a } from './bills'", []),
        ("export const a = './bills'", []),
    ],
)
def test_modules_of_typescript_are_looked_for_by_their_place(
    statement: str, missing: list[str]
) -> None:
    files = {
        "shop/bill.ts": "export const a = 1\n",
        "shop/deep/index.ts": "export const a = 1\n",
        "shop/types.d.ts": "export type A = 1\n",
        "shop/view.tsx": "export const a = 1\n",
        "shop/main.ts": f"{statement}\n",
    }
    assert asked(files) == missing
