"""The totals published in the white paper (version 1.5), on transcriptions of its examples."""

from textwrap import dedent

import pytest
from tests.unit.measure.conftest import Reader

from graph_sitter_db import measure
from graph_sitter_db.model.facts import FileFacts

NAME = "cognitive_complexity"


def of(facts: FileFacts, key: str) -> float:
    measured = measure.measure(facts)
    symbol = next(symbol for symbol in facts.symbols if symbol.key == key)
    return measured.symbol_values[symbol.ordinal][NAME]


OVERRIDDEN_SYMBOL_FROM = """
def overridden_symbol_from(self, class_type):
    if class_type.is_unknown():
        return UNKNOWN
    unknown_found = False
    for symbol in class_type.lookup(self.name):
        if symbol.is_kind(METHOD) and not symbol.is_static():
            if self.can_override(symbol):
                overriding = self.check_parameters(symbol, class_type)
                if overriding is None:
                    if not unknown_found:
                        unknown_found = True
                elif overriding:
                    return symbol
    if unknown_found:
        return UNKNOWN
    return None
"""
ADD_VERSION = """
def add_version(self, entry, txn):
    ti = self.persistit.index()
    while True:
        try:
            with self:
                if self.first is not None:
                    if self.first.version > entry.version:
                        raise Rollback()
                    if txn.is_active():
                        for e in self.first.chain():
                            depends = ti.depends(e.version, txn.status, 0)
                            if depends == TIMED_OUT:
                                raise Retry(e.version)
                            if depends != 0 and depends != ABORTED:
                                raise Rollback()
                entry.previous = self.first
                self.first = entry
                break
        except Retry as retry:
            try:
                depends = self.persistit.index().depends(retry.handle, txn.status)
                if depends != 0 and depends != ABORTED:
                    raise Rollback()
            except Interrupted as interrupted:
                raise PersistitInterrupted(interrupted)
        except Interrupted as interrupted:
            raise PersistitInterrupted(interrupted)
"""
TO_REGEXP = """
def to_regexp(pattern, separator):
    sb = ["^"]
    i = 1 if pattern.startswith("/") or pattern.startswith("//") else 0
    while i < len(pattern):
        ch = pattern[i]
        if ch in SPECIAL:
            sb.append(ch)
        elif ch == "*":
            if i + 1 < len(pattern) and pattern[i + 1] == "*":
                if i + 2 < len(pattern) and is_slash(pattern[i + 2]):
                    sb.append("(?:.*")
                    i += 2
                else:
                    sb.append(".*")
                    i += 1
            else:
                sb.append("[^" + separator + "]*?")
        elif ch == "?":
            sb.append("[^" + separator + "]")
        elif is_slash(ch):
            sb.append(separator)
        else:
            sb.append(ch)
        i += 1
    return "".join(sb)
"""
SUM_OF_PRIMES = """
def sum_of_primes(max):
    total = 0
    for i in range(1, max):
        for j in range(2, i):
            if i % j == 0:
                continue
        total += i
    return total
"""
MY_METHOD = """
def my_method():
    try:
        if condition1:
            for i in range(10):
                while condition2:
                    pass
    except (E1, E2):
        if condition2:
            pass
"""
GET_WORDS = """
def get_words(number):
    match number:
        case 1:
            return "one"
        case 2:
            return "a couple"
        case 3:
            return "a few"
        case _:
            return "lots"
"""
SAVE = """
const Model = { save: function (options, callback) {
    var self = this;
    if (typeof options === "function") {
        callback = options;
        options = {};
    }
    options || (options = {});
    self.validate(self.toJSON(), function (failure) {
        if (failure) {
            callback && callback.call(null, failure);
            return;
        }
        self.sync(self.isNew() ? "create" : "update", options, function (failure, response) {
            var event = { options: options, response: response };
            if (failure) {
                event.error = failure;
                self.fire("error", event);
            } else {
                if (!self.saved) {
                    self.saved = self.publish("save");
                }
                if (response) {
                    self.change(self.parse(response));
                }
                self.fire("save", event);
            }
            callback && callback.apply(null, arguments);
        });
    });
    return self;
} };
"""


@pytest.mark.parametrize(
    ("source", "name", "total"),
    [
        (OVERRIDDEN_SYMBOL_FROM, "overridden_symbol_from", 19),
        (ADD_VERSION, "add_version", 35),
        (TO_REGEXP, "to_regexp", 20),
        (SUM_OF_PRIMES, "sum_of_primes", 6),  # 7 with the jump to a label that Python lacks
        (MY_METHOD, "my_method", 9),
        (GET_WORDS, "get_words", 1),
        ("def my_method2():\n def r():\n  if a: pass\n r()\n", "my_method2", 2),
    ],
)
def test_published_totals_in_python(read: Reader, source: str, name: str, total: int) -> None:
    assert of(read(source), name) == total


@pytest.mark.parametrize(
    ("source", "name", "total"),
    [
        (
            "function sumOfPrimes(max) { let total = 0;\n"
            "OUT: for (let i = 1; i <= max; ++i) { for (let j = 2; j < i; ++j) {\n"
            "if (i % j === 0) { continue OUT; } } total += i; } return total; }",
            "sumOfPrimes",
            7,
        ),
        ("function f() { const r = () => { if (c) {} }; if (d) {} }", "f", 3),
        (
            "function getWords(n) { switch (n) { case 1: return 'one'; default: return 'lots'; } }",
            "getWords",
            1,
        ),
        ("const f = function () { var foo; bar.myFun = function () { if (c) {} } }", "f", 0),
        (
            "const f = function () { var foo; bar.myFun = function () { if (c) {} } }",
            "f.bar.myFun",
            1,
        ),
        (
            "const f = function () { var foo; if (c) {} bar.myFun = function () { if (c) {} } }",
            "f",
            3,
        ),
        ("function f() { return a && b && c || d || e && g }", "f", 3),
        ("function f() { return a && !(b && c) }", "f", 2),
        ("function f() { return a ?? b }", "f", 0),
        (SAVE, "Model.save", 20),
    ],
)
def test_published_totals_in_typescript(read: Reader, source: str, name: str, total: int) -> None:
    assert of(read(source, "a.ts"), name) == total


def test_a_lambda_nests_and_belongs_to_its_function(read: Reader) -> None:
    assert of(read("def f():\n    return lambda: 1 if a else 2\n"), "f") == 2


@pytest.mark.parametrize(
    ("source", "total"),
    [
        ("def f():\n    if a: pass\n    elif b: pass\n    else: pass\n", 3),
        ("def f(a):\n    def w(b):\n        if b: pass\n    return w\n", 1),
        ("def f(a):\n    def w(b):\n        if b: pass\n    return g(w)\n", 2),
        ("def f():\n    for a in b:\n        if a: break\n    else:\n        pass\n", 4),
        ("def f():\n    return [a for a in b if c if d]\n", 0),
        ("def f(n):\n    if n:\n        return f(n - 1)\n", 2),
        ("def f():\n    with a:\n        try: pass\n        finally: pass\n", 0),
    ],
)
def test_python_follows_sonar(read: Reader, source: str, total: int) -> None:
    assert of(read(source), "f") == total


def test_a_files_value_counts_nested_functions_once(read: Reader) -> None:
    facts = read(
        dedent("""
        if a: pass
        def f():
            if b:
                def g():
                    if c: pass
        """)
    )
    measured = measure.measure(facts)
    assert measured.values[NAME] == 1 + 1 + 3
    assert of(facts, "f.g") == 1
