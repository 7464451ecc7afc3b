"""Default values that all calls share."""

import re
from collections.abc import Iterator

from graph_sitter_db.detect.places import described, functions, shortened
from graph_sitter_db.model.facts import MeasuredFile, Parameter
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Language, Severity
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule

# Displays, comprehensions, and calls of the built-in and `collections` containers.
_MUTABLE = re.compile(
    r"[\[{]|(?:\w+\.)?(?:list|dict|set|bytearray|defaultdict|OrderedDict|Counter|deque)\("
)

_READ_ONLY = re.compile(
    r"['\"]?(?:(?:\w+\.)?Optional\[)?(?:\w+\.)?"
    r"(?:Mapping|Sequence\w*|Iterable|Collection|Container|AbstractSet)\b"
)


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """JavaScript evaluates defaults at each call: not concerned."""
    if file.facts.source.language is not Language.PYTHON:
        return
    for symbol, _ in functions(file):
        for parameter in filter(_is_shared, symbol.parameters):
            yield Finding(
                path=file.path,
                message=f"All calls of {described(symbol)} share one "
                f"`{parameter.name}={shortened(parameter.default or '')}`",
                start_line=symbol.start_line,
                end_line=symbol.start_line,
                symbol=symbol.key,
                anchor=parameter.name,
            )


def _is_shared(parameter: Parameter) -> bool:
    """What is declared read-only is not changed by any call that passes the type checker; and what
    is called a cache, or private, is shared on purpose.
    """
    if parameter.default is None or _READ_ONLY.match(parameter.annotation or ""):
        return False
    if parameter.name.startswith("_") or "cache" in parameter.name or "memo" in parameter.name:
        return False
    found = _MUTABLE.match(parameter.default)
    return found is not None and parameter.default.endswith(_CLOSING[found[0][-1]])


_CLOSING = {"[": "]", "{": "}", "(": ")"}


RULE = Rule(
    name="mutable_default",
    title="Default value is shared between calls",
    why=(
        "Python evaluates a default once. A list, dict or set that one call changes is changed "
        "for all later calls."
    ),
    category="safety",
    severity=Severity.WARNING,
    limits={},
    effort=Effort(constant=5, source="our estimate"),
    bad=(Example(files={"add.py": "def add(item, to=[], seen=set()):\n    pass\n"}, findings=2),),
    good=(
        Example(files={"add.py": "def add(item, to=None, seen=()):\n    pass\n"}, findings=0),
        Example(files={"add.py": "def add(item, _sums={}):\n    pass\n"}, findings=0),
        Example(
            files={
                "add.py": "def add(to: Sequence[str] = [], by: Optional[Mapping] = {}):\n    pass\n"
            },
            findings=0,
        ),
        Example(
            files={"add.ts": "export const add = (item, to = []) => {\n  return to\n}\n"},
            findings=0,
        ),
    ),
    check_file=check,
)
