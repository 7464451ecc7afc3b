"""An issue is known again after edits that leave the defect alone."""

import hashlib
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_sitter_db import extract, measure, plugins
from graph_sitter_db.detect import detect
from graph_sitter_db.detect.identity import Found, identified
from graph_sitter_db.languages import family_of, language_of
from graph_sitter_db.model.facts import Source
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Family
from graph_sitter_db.model.ports import Rule

PYTHON = (
    "def add(item, to=[], seen={}):\n    to.append(item)\n    return to, seen\n",
    "def read(path):\n    try:\n        return open(path)\n    except:\n        return None\n",
    "def drop(path):\n    try:\n        remove(path)\n    except Exception:\n        pass\n"
    "    try:\n        remove(path)\n    except Exception:\n        pass\n",
    "def draw(first, second, third, fourth, fifth, sixth, seventh, eighth):\n"
    "    return [first, second, third, fourth, fifth, sixth, seventh, eighth]\n",
    "def known(value, other):\n    # TODO: say why\n    return value == None or other != None\n",
    "class Pen:\n    def move(self, to=[]):\n        return eval(to)\n",
)
TYPESCRIPT = (
    "export function read(path: string) {\n  try {\n    open(path)\n  } catch (e) {}\n}\n",
    "export function cast(value: unknown) {\n  return value as any\n}\n",
    "export class Pen {\n  // FIXME twice\n  move(to: any) {\n    debugger\n"
    "    return eval(to)\n  }\n}\n",
)
LANGUAGES = {"py": PYTHON, "ts": TYPESCRIPT}


def known(files: Mapping[str, str]) -> Counter[bytes]:
    """The fingerprints of all issues, as often as they occur."""
    measured = []
    for path, text in files.items():
        language = language_of(path)
        assert language
        content = text.encode()
        source = Source(path, language, content, hashlib.sha256(content).digest())
        measured.append(measure.measure(extract.facts(source)))
    family = family_of(next(iter(files))) or Family.PYTHON
    found = detect(measured, None, family, [rule for rule in plugins.rules() if _is_steady(rule)])
    return Counter(issue.fingerprint for each in found.issues.values() for issue in each)


def _is_steady(rule: Rule) -> bool:
    """What counts lines finds more in code that is wrapped, and rightly so."""
    return "lines" not in rule.limits


def pieces(suffix: str) -> st.SearchStrategy[list[str]]:
    pool = LANGUAGES[suffix]
    return st.lists(st.sampled_from(pool), min_size=1, max_size=len(pool), unique=True)


both = st.sampled_from(list(LANGUAGES)).flatmap(lambda s: st.tuples(st.just(s), pieces(s)))


@given(both, st.integers(0, 40), st.integers(0, 5))
@settings(deadline=None)
def test_lines_that_move_and_files_that_are_renamed(
    given_: tuple[str, list[str]], above: int, between: int
) -> None:
    suffix, parts = given_
    remark = {"py": "# so\n", "ts": "// so\n"}[suffix]
    before = {f"a.{suffix}": "\n".join(parts)}
    after = {f"deep/b.{suffix}": remark * above + ("\n" * (between + 1)).join(parts)}
    assert known(before) == known(after) != Counter()


@given(both, st.randoms())
@settings(deadline=None)
def test_symbols_that_change_places_or_move_to_another_file(
    given_: tuple[str, list[str]], chance: object
) -> None:
    suffix, parts = given_
    there = parts[len(parts) // 2 :][::-1]
    here = parts[: len(parts) // 2]
    one = {f"a.{suffix}": "\n".join(parts)}
    two = {f"a.{suffix}": "\n".join(here) or "\n", f"b.{suffix}": "\n".join(there)}
    assert known(one) == known(two)


@given(both)
@settings(deadline=None)
def test_code_that_is_indented_otherwise(given_: tuple[str, list[str]]) -> None:
    suffix, parts = given_
    wide = {"py": "    ", "ts": "  "}[suffix]
    text = "\n".join(parts)
    narrow = "\n".join(
        "\t" * ((len(line) - len(line.lstrip(" "))) // len(wide)) + line.lstrip(" ")
        for line in text.split("\n")
    )
    assert known({f"a.{suffix}": text}) == known({f"a.{suffix}": narrow})


@pytest.mark.parametrize("width", [20, 40, 60])
def test_code_that_a_formatter_wraps(width: int) -> None:
    text = "\n\n".join(PYTHON)
    command = [sys.executable, "-m", "ruff", "format", "--isolated", f"--line-length={width}", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    assert done.stdout != text
    assert known({"a.py": done.stdout}) == known({"a.py": text})


@pytest.mark.parametrize("suffix", LANGUAGES)
def test_equal_issues_of_one_symbol_stay_as_many(suffix: str) -> None:
    found = known({f"a.{suffix}": "\n".join(LANGUAGES[suffix])})
    assert len(found) > 5
    assert set(found.values()) == {1}


def test_what_relations_tell_does_not_renumber_what_bytes_tell() -> None:
    rule = plugins.rules()[0]
    findings = [Finding("a.py", "m", line, line, symbol="f") for line in (1, 2, 3)]
    told = [Found(rule, finding, needs_graph=n == 0) for n, finding in enumerate(findings)]
    alone = {issue.fingerprint for issue in identified(told[1:])}
    together = {i.fingerprint for i in identified(told) if not i.depends_on_graph}
    assert together == alone
    assert len({issue.fingerprint for issue in identified(told)}) == 3
