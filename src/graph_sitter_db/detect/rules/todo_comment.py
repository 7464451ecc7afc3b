"""Work that somebody put off."""

import re
from collections.abc import Iterator

from graph_sitter_db.model.facts import MeasuredFile
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """The tags are those of SonarQube's S1135 and S1134 and of pylint's W0511, at the beginning of
    a line of a comment.
    """
    facts = file.facts
    for node in facts.nodes("comment"):
        text = node.text.decode("utf-8", "replace")
        for match in _TAG.finditer(text):
            line = node.start_point[0] + 1 + text.count("\n", 0, match.start("tag"))
            symbol = facts.symbol_at(node.start_byte)
            told = match["told"].strip(" \t:-*/")
            yield Finding(
                path=facts.path,
                message=f"{match['tag']}: {_shortened(told)}" if told else f"{match['tag']} alone",
                start_line=line,
                end_line=line,
                symbol=symbol.key if symbol else None,
                anchor="".join(told.split()),
            )


_TAG = re.compile(
    r"^[ \t]*(?:#|//|/\*|\*)?[#/*! \t]*(?P<tag>TODO|FIXME|XXX)\b(?:\([^)\n]*\))?(?P<told>[^\n]*)",
    re.MULTILINE,
)


def _shortened(text: str, most: int = 100) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


RULE = Rule(
    name="todo_comment",
    title="Something is left to be done",
    why=(
        "A remark in the code is on nobody's list. What matters belongs where work is planned, the "
        "rest can go. Since when it has been there is told where git knows."
    ),
    category="documentation",
    severity=Severity.INFO,
    limits={},
    effort=Effort(constant=5, source="our estimate; SonarQube S1135 has none"),
    is_dated=True,
    bad=(
        Example(files={"a.py": "# TODO: round it\nX = 1.5\n"}, findings=1),
        Example(
            files={"a.ts": "/*\n * FIXME(kim) twice\n * XXX\n */\nexport let x = 1\n"}, findings=2
        ),
    ),
    good=(
        Example(files={"a.py": "# All of the TODO list is shown.\nTODO = []\n"}, findings=0),
        Example(files={"a.py": "X = '# TODO'\n"}, findings=0),
    ),
    check_file=check,
)
