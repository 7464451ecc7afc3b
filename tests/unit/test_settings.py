import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_sitter_db.errors import UsageError
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Effort, Rule
from graph_sitter_db.settings import ANALYSIS, Settings, load

RULE = Rule(
    name="long_function",
    title="",
    why="",
    category="size",
    severity=Severity.INFO,
    bad=(),
    good=(),
    limits={"lines": 70, "statements": 40},
    effort=Effort(source=""),
    check_file=lambda file, limits: (),
)
OTHER = Rule(
    name="other",
    title="",
    why="",
    category="size",
    severity=Severity.INFO,
    bad=(),
    good=(),
    limits={},
    effort=Effort(source=""),
    check_file=lambda file, limits: (),
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return tmp_path


def written(repository: Path, text: str) -> Path:
    (repository / "pyproject.toml").write_text(text)
    return repository


def loaded(repository: Path | None = None, **environment: str) -> Settings:
    return load(repository, environment)


def test_without_environment_and_repository_the_defaults_hold() -> None:
    assert loaded() == Settings()


def test_a_repository_without_a_table_of_ours_keeps_the_defaults(repository: Path) -> None:
    assert loaded(written(repository, "[project]\nname = 'x'\n")) == Settings()


def test_an_empty_variable_counts_as_not_set() -> None:
    assert loaded(GRAPH_SITTER_DB_EXCLUDE="", GRAPH_SITTER_DB_MAX_FILE_SIZE=" ") == Settings()


def test_the_environment_is_read_anew_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "GRAPH_SITTER_DB_MAX_FILE_SIZE", "7")
    assert load().max_file_size == 7


def test_a_repository_says_how_it_wants_to_be_analysed(repository: Path) -> None:
    written(
        repository,
        """
        [tool.graph-sitter-db]
        exclude = ["vendor/*"]
        disable = ["other"]
        max-file-size = 5_000
        limits.long_function.lines = 100

        [[tool.graph-sitter-db.paths]]
        path = "tests"
        disable = ["long_function"]
        """,
    )
    settings = loaded(repository)
    assert settings.exclude == ("vendor/*",)
    assert settings.max_file_size == 5_000
    assert settings.choose([RULE, OTHER]) == (RULE,)
    assert settings.limits_of(RULE, "src/a.py") == {"lines": 100, "statements": 40}
    assert settings.judges(RULE, "src/a.py")
    assert not settings.judges(RULE, "tests/unit/a.py")


def test_the_last_matching_pattern_decides_on_a_limit() -> None:
    settings = Settings.model_validate(
        {
            "limits": {"long_function": {"lines": 10}},
            "paths": [
                {"path": "src", "limits": {"long_function": {"lines": 20}}},
                {"path": "src/*_gen.py", "limits": {"long_function": {"lines": 30}}},
            ],
        }
    )
    paths = (None, "a.py", "src/a.py", "src/deep/a_gen.py")
    assert [settings.limits_of(RULE, path)["lines"] for path in paths] == [10, 10, 20, 30]


def test_the_environment_wins_over_the_repository(repository: Path) -> None:
    written(repository, "[tool.graph-sitter-db]\nmax-file-size = 10\nexclude = ['a']\n")
    settings = loaded(
        repository, GRAPH_SITTER_DB_MAX_FILE_SIZE="20", GRAPH_SITTER_DB_EXCLUDE="b, c"
    )
    assert (settings.max_file_size, settings.exclude) == (20, ("b", "c"))


@pytest.mark.parametrize("key", ["url", "home", "linger", "organization", "graph-memory"])
def test_a_repository_cannot_choose_where_its_analyses_go_or_what_they_cost(
    repository: Path, key: str
) -> None:
    written(repository, f"[tool.graph-sitter-db]\n{key} = 'x'\n")
    with pytest.raises(UsageError, match=rf"^{key} in \[tool.graph-sitter-db\] in .*Allowed: inc"):
        loaded(repository)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("max-file-size = 'big'", ["max-file-size", "'big'", "valid integer"]),
        ("max-file-size = -1", ["max-file-size", "-1", "greater than 0"]),
        ("exclude = 'vendor'", ["exclude", "'vendor'"]),
        ("limits.long_function.lines = nan", ["limits.long_function.lines", "finite"]),
        ("paths = [{path = 'a', disabled = []}]", ["paths.0.disabled", "path, disable, limits"]),
        ("speed = 1", ["speed", "Allowed", "max-file-size"]),
    ],
)
def test_a_wrong_value_is_named_with_its_file(
    repository: Path, text: str, words: list[str]
) -> None:
    written(repository, f"[tool.graph-sitter-db]\n{text}\n")
    with pytest.raises(UsageError) as caught:
        loaded(repository)
    for word in [*words, str(repository / "pyproject.toml")]:
        assert word in str(caught.value)


@pytest.mark.parametrize("content", [b"[tool", b"\xff\xfe", b"[tool]\ngraph-sitter-db = 1\n"])
def test_a_file_that_cannot_be_read_is_named(repository: Path, content: bytes) -> None:
    (repository / "pyproject.toml").write_bytes(content)
    with pytest.raises(UsageError, match=r"pyproject\.toml"):
        loaded(repository)


@pytest.mark.parametrize("value", ["soon", "-1", "inf"])
def test_a_wrong_variable_is_named_as_it_is_written(value: str) -> None:
    with pytest.raises(UsageError, match=r"^GRAPH_SITTER_DB_GRAPH_TIMEOUT in the environment is"):
        loaded(GRAPH_SITTER_DB_GRAPH_TIMEOUT=value)


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ({"disable": ["long_funktion"]}, ["long_funktion", "Allowed: long_function, other"]),
        ({"limits": {"other": {"lines": 1}}}, ["limits.other.lines", "Allowed: none"]),
        ({"limits": {"long_function": {"line": 1}}}, ["limits.long_function.line", "statements"]),
        ({"paths": [{"path": "a", "disable": ["x"]}]}, ["'a': x", "Allowed"]),
    ],
)
def test_rules_and_limits_that_do_not_exist_are_named(
    configuration: dict[str, object], words: list[str]
) -> None:
    settings = Settings().with_analysis(configuration)
    with pytest.raises(UsageError) as caught:
        settings.choose([RULE, OTHER])
    assert all(word in str(caught.value) for word in words)


def test_a_caller_may_replace_analysis_keys_only() -> None:
    settings = Settings(exclude=("x",)).with_analysis({"max-file-size": 7})
    assert (settings.exclude, settings.max_file_size) == (("x",), 7)
    with pytest.raises(UsageError, match=r"^url in the analysis configuration"):
        settings.with_analysis({"url": "postgresql://elsewhere"})
    with pytest.raises(UsageError, match=r"^exclude in the analysis configuration is 1"):
        settings.with_analysis({"exclude": 1})


ANALYSES = st.fixed_dictionaries(
    {},
    optional={
        "include": st.lists(st.text(max_size=3), max_size=2),
        "exclude": st.lists(st.text(max_size=3), max_size=2),
        "max_file_size": st.integers(1, 5),
        "max_symbols": st.integers(1, 5),
        "max_files": st.integers(1, 5),
        "graph_timeout": st.integers(1, 3),
        "limits": st.dictionaries(
            st.sampled_from("ab"), st.dictionaries(st.sampled_from("xy"), st.integers(0, 2))
        ),
    },
)


@given(ANALYSES, ANALYSES)
def test_digests_are_equal_exactly_when_the_analysis_is(
    a: dict[str, object], b: dict[str, object]
) -> None:
    one, two = Settings().with_analysis(a), Settings().with_analysis(b)
    assert (one.digest() == two.digest()) == (one.analysis() == two.analysis())


def test_what_distinguishes_an_analysis_is_ready_for_json() -> None:
    analysis = Settings().analysis()
    assert set(analysis) == set(ANALYSIS)
    assert json.loads(json.dumps(analysis)) == analysis


def test_a_rule_that_is_off_runs_when_it_is_enabled_and_not_disabled() -> None:
    rules = (RULE, replace(OTHER, is_on=False))
    assert Settings().choose(rules) == (RULE,)
    assert Settings(enable=("other",)).choose(rules) == rules
    assert Settings(enable=("other",), disable=("other",)).choose(rules) == (RULE,)
    assert loaded(GRAPH_SITTER_DB_ENABLE="other").choose(rules) == rules


def test_a_rule_that_is_to_be_enabled_must_exist() -> None:
    with pytest.raises(UsageError, match="no_such in the environment is no rule"):
        Settings(enable=("no_such",)).choose((RULE,))
