"""The pages about rules and scores say what the code does."""

import re
from pathlib import Path
from typing import Any

from graph_sitter_db.detect.document import page
from graph_sitter_db.detect.rules import RULES
from graph_sitter_db.score.debt_density import GRADES, HALF, MINUTES_PER_LINE, MODEL, points

DOCS = Path(__file__).parents[3] / "docs"


def test_the_page_of_rules_is_what_the_rules_say() -> None:
    command = "python -m graph_sitter_db.detect.document > docs/rules.md"
    assert (DOCS / "rules.md").read_text() == page(RULES), f"run: {command}"


def test_the_code_on_the_page_about_adding_a_rule_runs() -> None:
    text = (DOCS / "adding-a-rule.md").read_text()
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(block, names)
    [issue] = names["find"](names["RULE"], {"a.py": "def f(): return 1"}, limits={"returns": 0})
    assert issue.finding.message == "`f` returns in 1 places, limit 0"


def test_the_page_about_the_score_has_the_model_in_use() -> None:
    text = (DOCS / "score.md").read_text()
    assert f"`{MODEL}`" in text
    assert f"100 / (1 + ratio / {HALF:g})" in text
    assert f"{MINUTES_PER_LINE} minutes" in text
    for limit, letter in GRADES:
        ratio = "" if limit == 0 else f"{100 * HALF * (100 / limit - 1):.2g} %"
        assert f"| {letter} | {limit} | {ratio} |" in text
    assert points(HALF) == 50
