"""Stops for a debugger, left behind."""

from collections.abc import Iterator
from typing import Any

from graph_sitter_db.detect.places import at, calls, shown
from graph_sitter_db.model.facts import FileFacts, MeasuredFile
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Language, Severity
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """The calls of ruff's T100 that stop at once, and ESLint's no-debugger, unless what is debugged
    was asked for: under a condition that says so.
    """
    facts = file.facts
    for node in _stops(facts):
        if not _is_asked_for(node):
            yield at(facts, node, f"`{shown(node).rstrip(';')}` stops for a debugger")


def _stops(facts: FileFacts) -> Iterator[Any]:
    if facts.source.language is not Language.PYTHON:
        yield from facts.nodes("debugger_statement")
        return
    for name, node in calls(facts, _STOPS | set(_imported(facts))):
        if name != ".set_trace" or node.text.startswith(b"__import__("):
            yield node


def _is_asked_for(node: Any) -> bool:
    while node is not None:
        condition = node.child_by_field_name("condition")
        if condition is not None and b"debug" in condition.text.lower():
            return True
        node = node.parent
    return False


_DEBUGGERS = ("pdb", "ipdb", "pudb", "rdb", "remote_pdb", "web_pdb", "wdb", "celery.contrib.rdb")
_STOPS = frozenset(
    {
        ".set_trace",  # of a module that is imported in passing
        "debugpy.breakpoint",
        "ptvsd.break_into_debugger",
        "pydevd.settrace",
        *(f"{debugger}.set_trace" for debugger in _DEBUGGERS),
    }
)


def _imported(facts: FileFacts) -> Iterator[str]:
    """Names by which a stop can be called without its module."""
    imported = {site.name for site in facts.sites if site.kind == "import"}
    if imported & _STOPS:
        yield from (name.rpartition(".")[2] for name in imported & _STOPS)
    is_own = any(symbol.name == "breakpoint" for symbol in facts.symbols)
    if not is_own and not any(name.endswith(".breakpoint") for name in imported):
        yield "breakpoint"


RULE = Rule(
    name="debugger_left",
    title="Stop for a debugger left behind",
    why=(
        "The program stands still at this place, for whoever runs it, or fails where there is no "
        "terminal to answer from. Under a condition that asks for debugging it is left alone."
    ),
    category="safety",
    severity=Severity.ERROR,
    limits={},
    effort=Effort(constant=1, source="SonarQube S4507"),
    bad=(
        Example(
            files={
                "run.py": "import pdb\nfrom ipdb import set_trace\n\n\ndef run():\n"
                "    breakpoint()\n    pdb.set_trace()\n    set_trace()\n"
                "    __import__('pdb').set_trace()\n"
            },
            findings=4,
        ),
        Example(files={"run.ts": "function run() {\n  debugger\n}\n"}, findings=1),
    ),
    good=(
        Example(
            files={
                "layout.py": "from grid import breakpoint\n\n\ndef narrow(view):\n"
                "    breakpoint(600)\n    view.set_trace()\n"
            },
            findings=0,
        ),
        Example(
            files={"run.py": "if os.environ.get('RUN_DEBUG'):\n    breakpoint()\n"}, findings=0
        ),
        Example(files={"run.ts": "const debugger_ = 1\nlog('debugger')\n"}, findings=0),
    ),
    check_file=check,
)
