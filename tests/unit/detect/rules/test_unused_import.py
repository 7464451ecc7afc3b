import pytest

from graph_sitter_db.detect.rules.unused_import import RULE
from graph_sitter_db.testing import find


def unused(source: str, path: str = "shop.py") -> list[str]:
    return [issue.finding.anchor for issue in find(RULE, {path: source})]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import a.b.c\n", ["a"]),
        ("import a.b as c, d\n", ["c", "d"]),
        ("from a import (\n    b,  # type: ignore\n    c as d,\n)\nprint(x.b)\n", ["b", "d"]),
        ("if TYPE_CHECKING:\n    from a import b\n", ["b"]),
        ("def f():\n    import a\n\n\na = 1\nprint(a)\n", ["a"]),
        ("import a\n\n__all__ = ['b']\n", ["a"]),
        ("from .a import b\n\n__all__ = ['c']\n", ["b"]),
    ],
)
def test_names_that_the_file_does_not_read_are_reported(source: str, names: list[str]) -> None:
    assert unused(source + "run()\n") == names


@pytest.mark.parametrize(
    "source",
    [
        "import a\n\n__all__ = ['a']\n",
        "import a\n\n__all__ = ['b']\n__all__ += ['a']\n",
        "import a\n\n__all__ = names()\n",
        "from a import b as b\n",
        "from a import *\n",
        "from __future__ import annotations\n",
        "from a import __doc__\n",
        "from .a import b, c\n",
        "from shop.a import b\n",
        "from ._a import b, C\nC()\n",
        "from _shop import b, _c\n",
        "import a  # registers the plug-ins\n",
        "import a.b\nimport a as c\nprint(c.b)\n",
        "class A:\n    from a import b\n",
        "def f():\n    global a\n    import a\n\n\ndef g():\n    return a.b\n",
        "if version:\n    from a import b\nelse:\n    from c import b\n",
        "if version:\n    from a import b\nelse:\n    def b(): ...\n",
        "try:\n    import a\nexcept (AttributeError, ImportError):\n    HAS_A = False\n",
        "try:\n    pass\nexcept ModuleNotFoundError:\n    import a\n",
        "with raises(ImportError):\n    import a\n",
    ],
)
def test_imports_that_are_there_for_others_are_left_alone(source: str) -> None:
    assert unused(source + "run()\n", "shop/a.py" if "_shop" not in source else "shop.py") == []


@pytest.mark.parametrize(
    "path", ["shop/__init__.py", "tests/conftest.py", "shop/_compat.py", "facade.py"]
)
def test_modules_that_only_import_are_left_alone(path: str) -> None:
    assert unused("import a\nfrom b import c\n", path) == []


def test_fixtures_are_used_by_name() -> None:
    fixtures = "from fixtures import shop, bill, tax\n"
    tests = "\n\n@usefixtures('bill')\ndef test_a(shop): ...\n"
    assert unused(fixtures + tests, "tests/test_a.py") == ["tax"]
    assert unused(fixtures + tests, "a.py") == ["shop", "bill", "tax"]


def test_a_file_with_syntax_errors_is_left_alone() -> None:
    assert unused("import a\ndef (:\n") == []


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import a, { b as c, d } from 'm'\n", ["a", "c", "d"]),
        ("import * as a from 'm'\n", ["a"]),
        ("import type { A } from 'm'\n", ["A"]),
        ("import {\n  a, // the first\n  b,\n} from 'm'\nb()\n", ["a"]),
        ("import a = require('m')\nimport B = C.D\n", ["a", "B"]),
        ("import { a } from 'm'\nexport { a } from 'n'\n", ["a"]),
        ("import React from 'react'\n", ["React"]),
    ],
)
def test_typescript_names_that_the_file_does_not_read_are_reported(
    source: str, names: list[str]
) -> None:
    assert sorted(unused(source + "run()\n", "a.ts")) == sorted(names)


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("import 'm'\n", "a.ts"),
        ("import { A } from 'm'\ndeclare module 'm' {\n  interface A {}\n}\n", "a.ts"),
        ("import { a } from 'm'\n", "a.d.ts"),
        ("import React from 'react'\nexport const A = <div />\n", "a.tsx"),
        ("import { h } from 'preact'\nexport const A = <div />\n", "a.jsx"),
        ("// eslint-disable-next-line no-unused-vars\nimport a from 'm'\n", "a.js"),
    ],
)
def test_typescript_imports_with_another_purpose_are_left_alone(source: str, path: str) -> None:
    assert unused(source, path) == []
