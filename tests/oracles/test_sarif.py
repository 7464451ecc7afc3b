"""What is exported as SARIF keeps to the standard's schema, and GitHub knows its lines again."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.oracles.comparison import Unavailable
from tests.oracles.npm import installed

from graph_sitter_db import CodebaseDBAdapter
from graph_sitter_db.model.line_hashes import line_hashes
from graph_sitter_db.present.exporters import exporter

SOURCE = '''"""Asks."""


def ask(name: str, told: list[str] = []) -> str:
    breakpoint()
    return name
'''


@pytest.fixture(scope="module")
def schema() -> Any:
    try:
        lib = installed() / "node_modules" / "@microsoft" / "jest-sarif" / "lib"
    except Unavailable as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    return json.loads((lib / "schemas" / "sarif-2.1.0-rtm.5.json").read_text())


@pytest.mark.parametrize("folder", ["", "packages/ask"])
def test_a_recorded_run_is_valid_sarif(
    schema: Any, repository: Callable[..., Path], installed_database: str, folder: str
) -> None:
    path = f"{folder}/ask.py".lstrip("/")
    root = repository({path: SOURCE, "other.py": SOURCE})
    with CodebaseDBAdapter(installed_database) as adapter:
        (run,) = adapter.record(root / folder, depth="syntax")
        assert run.id
        text = exporter("sarif")(adapter.export(run.id, root / folder, hashes=True))
    document = json.loads(text)
    jsonschema.validate(document, schema)
    hashes = line_hashes(SOURCE)
    found = [each for each in document["runs"][0]["results"] if uri(each) == path]
    assert {each["ruleId"] for each in found} >= {"debugger_left", "mutable_default"}
    for each in found:
        line = each["locations"][0]["physicalLocation"]["region"]["startLine"]
        assert each["partialFingerprints"]["primaryLocationLineHash"] == hashes[line - 1]


def uri(result: Any) -> str:
    place: str = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    return place
