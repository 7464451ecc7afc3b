"""Where comments tell other linters to be quiet."""

from typing import Any

import pytest

from graph_sitter_db.detect.linters import silence


def silenced(make: Any, text: str, *names: str) -> list[int]:
    quiet = silence(make.file(content=text.encode()).facts, *names)
    return [line for line in range(1, text.count("\n") + 2) if quiet.covers(line)]


@pytest.mark.parametrize(
    "line",
    [
        "import a  # noqa",
        "import a  # NOQA: E402, F401",
        "import a  # noqa:F401 # for others",
        "import a  # noqa  # for others",
        "import a  # pylint: disable=unused-import,wrong-order",
        "import a // eslint-disable-line no-unused-vars -- for others",
        "import a /* eslint-disable-line */",
    ],
)
def test_a_comment_speaks_of_its_line(make: Any, line: str) -> None:
    names = ("F401", "unused-import", "no-unused-vars")
    assert silenced(make, f"\n{line}\n", *names) == [2]


@pytest.mark.parametrize(
    "line",
    [
        "# pylint: disable-next=unused-import",
        "# noinspection PyUnresolvedReferences, unused-import",
        "// eslint-disable-next-line @typescript-eslint/no-unused-vars",
        "// @ts-expect-error",
        "// biome-ignore lint/correctness/noUnusedImports: for others",
    ],
)
def test_a_comment_speaks_of_the_next_line(make: Any, line: str) -> None:
    names = ("unused-import", "no-unused-vars", "noUnused")
    assert silenced(make, f"{line}\nimport a\n", *names) == [2]


@pytest.mark.parametrize(
    ("line", "covered"),
    [
        ("# ruff: noqa: F401", [1, 2, 3]),
        ("# flake8: noqa", [1, 2, 3]),
        ("// @ts-nocheck", [1, 2, 3]),
        ("# pylint: disable=unused-import", [2, 3]),
        ("/* eslint-disable */", [2, 3]),
    ],
)
def test_a_comment_may_speak_of_the_file_or_its_rest(
    make: Any, line: str, covered: list[int]
) -> None:
    assert silenced(make, f"\n{line}\n", "F401", "unused-import") == covered


@pytest.mark.parametrize(
    "line",
    [
        "import a  # noqa: E402",
        "import a  # pylint: disable=wrong-order",
        "import a // eslint-disable-line no-undef",
        "import a  # ruff: noqa: E501",
        "import a",
    ],
)
def test_comments_about_other_matters_say_nothing(make: Any, line: str) -> None:
    assert silenced(make, line, "F401", "unused-import", "no-unused-vars") == []
