"""LCOM4 on published examples, and on what they leave open."""

from textwrap import dedent

import pytest
from tests.unit.measure.conftest import Reader

from graph_sitter_db import measure

# Stack Overflow, "LCOM4 interrogation about way to calculate", which explains the metric by these:
# 2 groups; once f2 writes b as well, 1.
FOO = """
class Foo {
  f1() { this.a = 1 }
  f2() { this.f1() }
  f3() { this.b = 3 }
}
"""
JOINED = FOO.replace("this.f1()", "this.f1(); this.b = 1")

CHAIN = """
class Chain:
    def a(self): self.b()
    def b(self): return self.x
    def c(self): return self.y
    def d(self):
        self.y = 1
        self.e()
    def e(self): pass
    def alone(self): pass
"""


@pytest.mark.parametrize(
    ("source", "path", "groups"),
    [
        (FOO, "a.ts", 2),
        (JOINED, "a.ts", 1),
        (CHAIN, "a.py", 3),
        ("class A:\n    x = 1\n", "a.py", 0),
        ("class A:\n    def m(self): pass\n", "a.py", 1),
    ],
)
def test_methods_fall_into_groups(read: Reader, source: str, path: str, groups: int) -> None:
    assert lcom4(read, source, path) == groups


def lcom4(read: Reader, source: str, path: str = "a.py") -> float:
    return measure.measure(read(dedent(source), path)).symbol_values[0]["lcom4"]


def test_constructors_and_accessors_connect_nothing(read: Reader) -> None:
    source = """
    class A:
        def __init__(self): self.x, self.y = 1, 2
        @property
        def both(self): return self.x, self.y
        def f(self): return self.x
        def g(self): return self.y
    """
    assert lcom4(read, source) == 2


def test_static_and_class_methods_are_no_part_of_an_object(read: Reader) -> None:
    source = """
    class A:
        @staticmethod
        def make(): return A()
        @classmethod
        def of(cls, text): return cls()
        def f(self): return self.x
    """
    assert lcom4(read, source) == 1
    assert lcom4(read, "class A { static of() { return new A() }\n f() {} }", "a.ts") == 1


def test_what_is_only_declared_is_no_method(read: Reader) -> None:
    source = """
    class A(ABC):
        @abstractmethod
        def f(self): ...
        @abstractmethod
        def g(self): ...
    """
    assert lcom4(read, source) == 0


def test_overloads_are_one_method(read: Reader) -> None:
    source = """
    class A:
        @overload
        def f(self, a: int) -> int: ...
        @overload
        def f(self, a: str) -> str: ...
        def f(self, a): return self.x
    """
    assert lcom4(read, source) == 1


def test_functions_inside_reach_for_their_method(read: Reader) -> None:
    source = """
    class A {
      f() { return this.list.map(each => { return this.x }) }
      g() { return this.x }
      h = () => { return this.y }
    }
    """
    assert lcom4(read, source, "a.ts") == 2


def test_the_class_itself_is_nothing_shared(read: Reader) -> None:
    source = """
    class A:
        def __repr__(self): return self.__class__.__name__
        def copy(self): return self.__class__()
    """
    assert lcom4(read, source) == 2


def test_methods_of_a_class_are_counted_by_name(read: Reader) -> None:
    source = """
    class A:
        def f(self):
            def inner(): pass
        @property
        def x(self): return 1
        @x.setter
        def x(self, value): pass
        class B:
            def g(self): pass
    """
    measured = measure.measure(read(dedent(source)))
    counts = [v["method_count"] for v in measured.symbol_values if "method_count" in v]
    assert counts == [2, 1]
    totals = measure.totals([measured], {})
    assert (totals["method_count"], totals["method_count_mean"]) == (2, 1.5)
