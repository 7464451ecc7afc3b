"""Which of our rules ruff has too, and where the two mean different things."""

import ast
import re
from collections.abc import Sequence
from types import MappingProxyType
from typing import NamedTuple

from tests.oracles.comparison import Reasons
from tests.oracles.findings_cases import (
    Case,
    are_given_before,
    are_read_before,
    is_among_others,
    is_followed,
    is_from_own_package,
    is_operand_of_call,
    is_telling,
    is_tried,
    longest_string,
    names,
    parameters,
    public_methods,
    with_inner_functions,
)
from tests.oracles.sources import text

from graph_sitter_db.detect.rules import RULES
from graph_sitter_db.model.ports import Limits

BY_NAME = {rule.name: rule for rule in RULES}
NONE: Reasons[Case] = MappingProxyType({})


PACKAGES = ("click", "flask", "rich", "sqlalchemy")


class Row(NamedTuple):
    rule: str
    codes: Sequence[str]
    only_ours: Reasons[Case] = NONE
    only_theirs: Reasons[Case] = NONE
    option: str = ""  # ruff's name for our limit
    more: int = 0  # by which its limit has to be higher
    limits: Limits = MappingProxyType({})  # other ones than our defaults
    is_about_comments: bool = False
    packages: Sequence[str] = PACKAGES
    reads_noqa: bool = False  # ours takes a comment for another linter as an answer


def limit(rule: str) -> float:
    [value] = BY_NAME[rule].limits.values()
    return value


ROWS = (
    Row(
        "complex_function",
        ["C901"],
        option="mccabe.max-complexity",
        only_ours={
            "C901 leaves out operators, ternaries, comprehensions, assertions, loops' `else`": (
                lambda case: with_inner_functions(case) <= limit("complex_function")
            )
        },
        only_theirs={
            "C901 counts functions together with those inside of them": (
                lambda case: with_inner_functions(case) > limit("complex_function")
            )
        },
    ),
    Row(
        "too_many_parameters",
        ["PLR0913"],
        option="pylint.max-args",
        only_ours={
            "PLR0913 leaves out parameters that begin with an underscore": (
                lambda case: any(each.name.startswith("_") for each in parameters(case))
            )
        },
        only_theirs={
            "PLR0913 counts keyword-only parameters that have a default": (
                lambda case: len([*parameters(case)]) > limit("too_many_parameters")
            )
        },
    ),
    Row("too_many_returns", ["PLR0911"], option="pylint.max-returns"),
    Row(
        "too_many_methods",
        ["PLR0904"],
        option="pylint.max-public-methods",
        only_ours={
            "PLR0904 leaves out private methods": (
                lambda case: len([*public_methods(case)]) <= limit("too_many_methods")
            )
        },
        only_theirs={
            "PLR0904 counts accessors, special and abstract methods, and a visitor's": (
                lambda case: len([*public_methods(case)]) > limit("too_many_methods")
            )
        },
    ),
    Row(
        "complex_condition",
        ["PLR0916"],
        option="pylint.max-bool-expr",
        more=1,  # it counts operands
        only_ours={"PLR0916 looks at the conditions of `if` only": lambda case: True},
    ),
    Row(
        "bare_except",
        ["E722"],
        only_theirs={"E722 also finds handlers that raise again": lambda c: "raise" in c.source},
    ),
    Row(
        "swallowed_exception",
        ["S110", "S112"],
        only_theirs={
            "S110 finds handlers without a type, which are `bare_except`'s alone here": (
                lambda case: getattr(case.statement, "type", None) is None
            ),
            "S110 does not take a comment as a word": lambda case: "#" in case.source,
            "S110 also finds a `try` behind which the alternative follows": is_followed,
        },
    ),
    Row(
        "mutable_default",
        ["B006"],
    ),
    Row(
        "debugger_left",
        ["T100"],
        only_theirs={"T100 also finds the import": lambda case: "import" in case.text},
    ),
    Row("eval_used", ["S307", "S102"]),
    Row(
        "none_comparison",
        ["E711"],
        only_theirs={"E711 also finds what may build a query": is_operand_of_call},
    ),
    Row(
        "shadowed_builtin",
        ["A001", "A002", "A004"],
        limits={"public": 1},
        only_theirs={
            "A001 and A002 also find names made for the prompt, such as `help`": (
                lambda case: "help" in names(case.statement)
            ),
            "A001 also finds classes": lambda case: isinstance(case.statement, ast.ClassDef),
            "A001 finds a name each time that it is given": are_given_before,
            "A001 finds a builtin that gets its own name": lambda c: (
                "int = int" in c.text or "float = float" in c.text
            ),
            "A004 finds modules' functions that are made to take a builtin's place": (
                lambda case: "from rich import print" in case.text
            ),
        },
    ),
    Row(
        "todo_comment",
        ["FIX001", "FIX002", "FIX003"],
        is_about_comments=True,
        only_theirs={
            "a file that says of a part of it that it is generated is not judged here": (
                lambda case: case.file.facts.is_generated
            ),
            "FIX002 also finds tags in the middle of a comment": (
                lambda case: re.search(r"#.*# TODO", case.text) is not None
            ),
        },
    ),
    Row(
        "commented_out_code",
        ["ERA001"],
        limits={"lines": 0},
        is_about_comments=True,
        only_ours={
            "ERA001 judges each line, here lines are read together": (
                lambda case: not is_telling(case.text)
            )
        },
        only_theirs={
            "a file that says of a part of it that it is generated is not judged here": (
                lambda case: case.file.facts.is_generated
            ),
            "ERA001 also finds literals, brackets, assertions and single words": (
                lambda case: not is_telling(case.text)
            ),
            "ERA001 also finds `name = word` and `name: word` between lines of prose": (
                lambda case: not is_among_others(case)
            ),
        },
    ),
    Row(
        "hardcoded_secret",
        ["S105", "S106", "S107"],
        only_theirs={
            "S105 and S106 go by the name alone, whatever is given to it": (
                lambda case: longest_string(case) < 16
            )
        },
    ),
    Row(
        "unused_import",
        ["F401"],
        packages=(*PACKAGES, "networkx"),
        reads_noqa=True,
        only_theirs={
            "F401 also finds what `__init__.py` and `conftest.py` import for others": (
                lambda case: case.file.path.endswith(("/__init__.py", "/conftest.py"))
            ),
            "F401 also finds names taken out of the own package, for others": is_from_own_package,
            "F401 also finds imports that are tried, in `try` or in `with`": is_tried,
            "F401 also finds imports of submodules, which the package's name reaches": (
                lambda case: re.search(r"import \w+\.\w+", case.text) is not None
            ),
        },
    ),
    Row(
        "unused_variable",
        ["F841"],
        packages=(*PACKAGES, "networkx"),
        reads_noqa=True,
        only_ours={
            "F841 finds later places of a name, here it is the first": lambda case: (
                len(names(case.statement)) == 1
            )
        },
        only_theirs={
            "F841 also finds parts of a tuple": lambda case: "," in case.text.split("=")[0],
            "F841 finds each place of a name, here it is the first": are_given_before,
            "F841 takes what is read only above for unread": are_read_before,
            "F841 also finds locals that a traceback is to show": (
                lambda case: "show_locals" in text(case.file)
            ),
        },
    ),
)
