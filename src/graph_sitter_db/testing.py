"""For authors of rules: run a rule on small sources, and check it against its own examples.

from graph_sitter_db.testing import check_rule

def test_the_rule_does_what_its_examples_say():
    check_rule(RULE)
"""

import hashlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from graph_sitter_db import detect, extract, measure, plugins
from graph_sitter_db.detect.rules.duplicated_code import RULE as DUPLICATED_CODE
from graph_sitter_db.extract.graph import build
from graph_sitter_db.languages import family_of, is_manifest, language_of
from graph_sitter_db.model.facts import FileFacts, Source
from graph_sitter_db.model.issues import Issue
from graph_sitter_db.model.keys import Family
from graph_sitter_db.model.ports import Example, Limits, Rule
from graph_sitter_db.model.relations import Linkage
from graph_sitter_db.settings import Settings

__all__ = ["check_rule", "find"]


def check_rule(rule: Rule) -> None:
    """Raises AssertionError naming the first example in which a rule finds more or less than said.

    Bad examples must have findings, good ones none, and there must be one of each.
    """
    for kind, examples in (("bad", rule.bad), ("good", rule.good)):
        assert examples, f"{rule.name} has no {kind} example"
        for number, example in enumerate(examples, 1):
            _check_example(rule, example, f"{rule.name}, {kind} example {number}", kind == "bad")


def find(rule: Rule, files: Mapping[str, str], limits: Limits | None = None) -> tuple[Issue, ...]:
    """What a rule finds in sources given by path, all of one language family; pyproject.toml,
    setup.cfg and package.json may be among them.

    A rule for the whole codebase gets real relations: the sources are written to a temporary folder
    and opened with graph-sitter, which takes about a second the first time. A rule that raises
    fails the test.

        >>> from graph_sitter_db.detect.rules.mutable_default import RULE
        >>> [issue.finding.symbol for issue in find(RULE, {"a.py": "def f(x=[]): pass"})]
        ['f']
    """
    manifests = {path: text.encode() for path, text in files.items() if is_manifest(path)}
    files = {path: text for path, text in files.items() if path not in manifests}
    facts = {path: extract.facts(_source(path, text)) for path, text in files.items()}
    measured = [measure.measure(each, plugins.metrics()) for each in facts.values()]
    family = _family(files)
    linkages = _linkages(files, family, facts) if rule.check_codebase else None
    settings = Settings(limits={rule.name: dict(limits or {})})
    # What suppresses nothing is known only when all have looked.
    rules = plugins.rules() if rule.check_suppression else [rule]
    limits_at = partial(settings.limits_of, DUPLICATED_CODE)
    duplication = measure.duplication([*facts.values()], limits_at)
    structure = (
        None if linkages is None else measure.structure(measured, linkages, plugins.metrics())
    )
    found = detect.detect(
        measured,
        linkages,
        family,
        rules,
        settings,
        structure=structure,
        duplication=duplication,
        manifests=manifests,
    )
    assert not found.failures, found.failures[0].message
    return tuple(i for each in found.issues.values() for i in each if i.rule == rule.name)


def _check_example(rule: Rule, example: Example, name: str, is_bad: bool) -> None:
    assert (example.findings > 0) == is_bad, f"{name} promises {example.findings} findings"
    messages = [issue.finding.message for issue in find(rule, example.files)]
    told = "".join(f"\n- {message}" for message in messages)
    assert len(messages) == example.findings, (
        f"{name} promises {example.findings} findings, the rule has {len(messages)}{told}"
    )


def _source(path: str, text: str) -> Source:
    language = language_of(path)
    assert language, f"{path} is of no language that is known"
    content = text.encode()
    return Source(path, language, content, hashlib.sha256(content).digest())


def _family(paths: Mapping[str, str]) -> Family:
    families = {family for path in paths if (family := family_of(path))}
    assert len(families) == 1, f"{', '.join(paths)} are not of one language family"
    return families.pop()


def _linkages(
    files: Mapping[str, str], family: Family, facts: Mapping[str, FileFacts]
) -> Mapping[str, Linkage]:
    with TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        for path, text in files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        graph = build(root, family, list(files))
        try:
            return extract.relate(graph, facts).linkages
        finally:
            graph.release()
