from textwrap import dedent

import pytest
from tests.unit.extract.conftest import Reader

from graph_sitter_db.model.facts import ControlKind, FileFacts
from graph_sitter_db.model.keys import SymbolKind


def kinds(facts: FileFacts) -> dict[str, SymbolKind]:
    return {symbol.key: symbol.kind for symbol in facts.symbols}


def test_definitions_are_found_wherever_they_stand(read: Reader) -> None:
    facts = read(
        dedent("""
        if True:
            def a(): pass
        else:
            def a(): pass
        try:
            class B:
                def m(self):
                    def inner(): pass
        finally:
            async def c(): pass
        for _ in ():
            with open(x) as f:
                def d(): pass
        match x:
            case 1:
                class E: pass
        f = lambda: 0
        """)
    )
    assert list(kinds(facts)) == ["a", "a#1", "B", "B.m", "B.m.inner", "c", "d", "E", "f"]
    assert kinds(facts)["B.m"] == SymbolKind.METHOD
    assert kinds(facts)["B.m.inner"] == SymbolKind.FUNCTION


def test_kinds_and_flags_follow_decorators_and_bases(read: Reader) -> None:
    facts = read(
        dedent("""
        class Shape(abc.ABC, Generic[T], metaclass=Meta):
            @property
            def a(self): ...
            @a.setter
            def a(self, value): ...
            @functools.cached_property
            def b(self): ...
            @staticmethod
            def c(x): ...
            @classmethod
            async def d(cls): ...
            @abstractmethod
            def e(self): ...
        class Colour(enum.StrEnum): ...
        class P(Protocol[T]): ...
        """)
    )
    by_key = {symbol.key: symbol for symbol in facts.symbols}
    assert kinds(facts) == {
        "Shape": "class",
        "Shape.a": "property",
        "Shape.a#1": "property",
        "Shape.b": "property",
        "Shape.c": "method",
        "Shape.d": "method",
        "Shape.e": "method",
        "Colour": "enum",
        "P": "class",
    }
    assert by_key["Shape"].bases == ("abc.ABC", "Generic[T]")
    assert by_key["Shape.a#1"].decorators == ("a.setter",)
    assert [s.key for s in facts.symbols if s.is_abstract] == ["Shape", "Shape.e", "P"]
    assert [s.key for s in facts.symbols if s.is_static] == ["Shape.c"]
    assert by_key["Shape.d"].is_async


def test_variables_are_first_assignments_of_the_module(read: Reader) -> None:
    facts = read(
        dedent("""
        a: Final[int] = 1
        b, (c, *d) = e = x
        a = 2
        o.attribute = o[0] = 3
        if a:
            f: int
        class C:
            g = 1
        def h():
            i = 1
        type J[T] = list[T]
        """)
    )
    assert [s.key for s in facts.symbols if s.kind is SymbolKind.VARIABLE] == list("abcdef")
    assert kinds(facts)["J"] == SymbolKind.TYPE_ALIAS
    a = facts.symbols[0]
    assert (a.signature, a.return_type) == ("a: Final[int]", "Final[int]")


def test_parameters_have_name_annotation_default_and_kind(read: Reader) -> None:
    (symbol,) = read(
        "def f(a, b: int = 1, /, c='x', *args: str, d, e: T = (), **rest): ..."
    ).symbols
    assert [(p.name, p.annotation, p.default, p.kind) for p in symbol.parameters] == [
        ("a", None, None, "positional_only"),
        ("b", "int", "1", "positional_only"),
        ("c", None, "'x'", "normal"),
        ("args", "str", None, "variadic"),
        ("d", None, None, "keyword_only"),
        ("e", "T", "()", "keyword_only"),
        ("rest", None, None, "keyword_variadic"),
    ]


def test_a_signature_is_one_line_without_comments(read: Reader) -> None:
    (symbol,) = read(
        "async def f(\n    a,  # first\n    b=1,\n) -> int:  # noqa\n    pass\n"
    ).symbols
    assert symbol.signature == "async def f( a, b=1, ) -> int"


def test_spans_begin_after_decorators_and_end_with_the_last_token(read: Reader) -> None:
    source = "@d\n@e(1)\ndef f():\n    return 1\n    # the end\n\nx = 1\n"
    symbol = read(source).symbols[0]
    assert (symbol.start_line, symbol.end_line) == (3, 4)
    assert source[symbol.start_byte :].startswith("def f")
    assert symbol.decorators == ("d", "e(1)")


@pytest.mark.parametrize(
    ("source", "exported"),
    [
        ("def a(): ...\ndef _b(): ...\n", ["a"]),
        ("__all__ = ['_b']\ndef a(): ...\ndef _b(): ...\n", ["_b"]),
        ("__all__ = []\n__all__ += ['a']\ndef a(): ...\ndef b(): ...\n", ["a"]),
        ("__all__ = ['a']\n__all__.extend(['b'])\ndef a(): ...\ndef b(): ...\n", ["a", "b"]),
        (
            "class A:\n def m(self):\n  def n(): ...\n def _p(self): ...\n def __eq__(self): ...\n",
            ["A", "A.m", "A.__eq__"],
        ),
        ("class _A:\n def m(self): ...\n", []),
    ],
)
def test_exports_follow_dunder_all_else_underscores(
    read: Reader, source: str, exported: list[str]
) -> None:
    facts = read(source)
    assert [s.qualified_name for s in facts.symbols if s.is_exported] == exported


def test_sites_name_calls_imports_and_bases(read: Reader) -> None:
    facts = read(
        "import a.b as c\nfrom ..d import e as f, g\nfrom h import *\n"
        "class K(c.L):\n    def m(self):\n        self.n(o)(p).q.r()\n"
    )
    assert [(s.kind, s.name, s.symbol) for s in facts.sites] == [
        ("import", "a.b", None),
        ("import", "..d.e", None),
        ("import", "..d.g", None),
        ("import", "h.*", None),
        ("inherit", "c.L", 0),
        ("call", ".q.r", 1),
        ("call", "", 1),
        ("call", "self.n", 1),
    ]
    content = facts.source.content
    assert [content[s.byte :].split(b"(")[0] for s in facts.sites[5:]] == [
        b"q.r",
        b"self.n",
        b"self.n",
    ]
    assert facts.symbols[1].attributes == ("n",)
    assert facts.symbols[1].calls == (".q.r", "self.n")


def test_names_include_strings_that_look_like_names(read: Reader) -> None:
    facts = read("getattr(x, 'first')\n'pkg.mod:second'\n'not a name'\nf'{third}'\n")
    assert {"getattr", "x", "first", "pkg", "mod", "second", "third"} == facts.names


def test_controls_carry_kind_nesting_and_weight(read: Reader) -> None:
    facts = read(
        dedent("""
        def f(a=1 if x else 2):
            if a and b and (c or d):
                for x in y:
                    pass
                else:
                    return
            assert a or b
            g = lambda: 1 if h else 2
            def inner():
                raise E
        """)
    )
    outer, inner = facts.symbols
    assert [(c.kind.value, c.nesting, c.weight) for c in outer.controls] == [
        ("if", 0, 1),
        ("boolean", 0, 2),
        ("boolean", 0, 1),
        ("for", 1, 1),
        ("loop_else", 1, 1),
        ("return", 2, 1),
        ("assert", 0, 1),
        ("boolean", 0, 1),
        ("lambda", 0, 1),
        ("ternary", 1, 1),
    ]
    assert [c.kind.value for c in outer.controls if c.in_assert] == ["boolean"]
    assert [c.kind.value for c in outer.controls if c.in_lambda] == ["ternary"]
    assert [c.kind for c in inner.controls] == [ControlKind.THROW]


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        ('"one"', "one"),
        ('"""\n    one\n\n      two\n    """', "one\n\n  two"),
        (
            r'"a\tb\x41\u00e9\N{BULLET}\
c"',
            "a       bAé•c",
        ),
        (r'r"a\tb"', r"a\tb"),
        ('("one"\n     "two")', "onetwo"),
        ("''", ""),
        ('b"no"', None),
        ('f"no"', None),
    ],
)
def test_docstrings_are_read_as_python_reads_them(
    read: Reader, literal: str, text: str | None
) -> None:
    facts = read(f"def f():\n    {literal}\n    pass\n")
    assert facts.symbols[0].docstring == text


class TestStructure:
    SOURCE = "def f(a, b):\n    if a:\n        return [b, 'x y']\n    return None\n"

    def digest(self, read: Reader, source: str) -> bytes:
        return read(source).symbols[0].structure_sha256

    @pytest.mark.parametrize(
        "same",
        [
            "def f( a,b ) :\n  if a :\n      return [b,'x y']\n\n  return None\n",
            "def f(a, b):  # why\n    # x\n    if a:\n        return [b, 'x y']\n    return None",
            "def f(a, b):\n    'Doc.'\n    if a:\n        return [b, 'x y']\n    return None\n",
        ],
    )
    def test_layout_comments_and_docstrings_do_not_change_it(self, read: Reader, same: str) -> None:
        assert self.digest(read, same) == self.digest(read, self.SOURCE)

    @pytest.mark.parametrize(
        "other",
        [
            "def f(a, b):\n    if a:\n        return [b, 'x  y']\n    return None\n",
            "def f(a, b):\n    if a:\n        return [b, 'x y']\n        return None\n",
            "def f(a, c):\n    if a:\n        return [b, 'x y']\n    return None\n",
        ],
    )
    def test_tokens_and_blocks_do(self, read: Reader, other: str) -> None:
        assert self.digest(read, other) != self.digest(read, self.SOURCE)

    def test_what_is_inside_changes_what_is_around(self, read: Reader) -> None:
        one = read("class A:\n    def m(self): return 1\n").symbols
        two = read("class A:\n    def m(self): return 2\n").symbols
        assert one[0].structure_sha256 != two[0].structure_sha256
