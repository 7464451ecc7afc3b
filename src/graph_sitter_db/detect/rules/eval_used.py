"""Text that is run as code."""

from collections.abc import Iterator
from typing import Any

from graph_sitter_db.detect.places import at, calls
from graph_sitter_db.model.facts import FileFacts, MeasuredFile
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Language, Severity
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """SonarQube's S1523, ruff's S102 and S307, ESLint's no-eval, no-new-func and no-implied-eval.

    Code that is written out where it is run can be read there: literals are left alone, and tests.
    """
    facts = file.facts
    if facts.is_test:
        return
    is_python = facts.source.language is Language.PYTHON
    for name, node in calls(facts, _PYTHON if is_python else _JAVASCRIPT):
        if _runs_text(name, node) and not _is_own(name, facts):
            yield at(facts, node, f"`{name}` runs text as code")


_PYTHON = frozenset({"eval", "exec", "builtins.eval", "builtins.exec"})
_TIMERS = frozenset({"setTimeout", "setInterval", "window.setTimeout", "window.setInterval"})
_JAVASCRIPT = _TIMERS | {"eval", "window.eval", "globalThis.eval", "Function"}
_LITERALS = frozenset({"string", "concatenated_string", "template_string"})
_CODE = frozenset({"interpolation", "template_substitution"})


def _runs_text(name: str, node: Any) -> bool:
    arguments = node.child_by_field_name("arguments")
    if arguments is None or not arguments.named_children:
        return False
    if name in _TIMERS:
        return arguments.named_children[0].type in _LITERALS
    # The code comes first, in `Function` last.
    return not _is_literal(arguments.named_children[-1 if name == "Function" else 0])


def _is_literal(node: Any) -> bool:
    if node.type not in _LITERALS:
        return False
    return all(child.type not in _CODE for child in node.named_children)


def _is_own(name: str, facts: FileFacts) -> bool:
    """Whether the file itself defines or imports something of that name."""
    if any(symbol.name == name for symbol in facts.symbols):
        return True
    if any(name == each.name for symbol in facts.symbols for each in symbol.parameters):
        return True
    imported = (site.name for site in facts.sites if site.kind == "import")
    return any(each.rpartition(".")[2] == name for each in imported)


RULE = Rule(
    name="eval_used",
    title="Text is run as code",
    why=(
        "Whoever can influence the text can do whatever the program can; and nothing that reads "
        "the source, from search to type checker, sees into it. Literals and tests are left alone."
    ),
    category="safety",
    severity=Severity.WARNING,
    limits={},
    effort=Effort(constant=30, source="SonarQube S1523"),
    bad=(
        Example(files={"run.py": "def run(text):\n    return eval(text)\n"}, findings=1),
        Example(
            files={"run.ts": "eval(text)\nnew Function('a', text)\nsetTimeout('tick()', 100)\n"},
            findings=3,
        ),
    ),
    good=(
        Example(
            files={"run.py": "def run(engine, text):\n    return engine.eval(text), eval('1')\n"},
            findings=0,
        ),
        Example(
            files={
                "stack.ts": "import { Function } from 'aws-cdk-lib/aws-lambda'\n"
                "new Function(this, 'find', options)\nsetTimeout(tick, 100)\n/a/.exec(text)\n"
            },
            findings=0,
        ),
    ),
    check_file=check,
)
