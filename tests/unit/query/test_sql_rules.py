"""Rules as files of SQL: what their heads must say."""

import pytest

from graph_sitter_db.errors import UsageError
from graph_sitter_db.query.sql_rules import sql_rule

HEAD = "-- Why it matters.\n-- rule: big\n-- title: Too big\n-- key: path, symbol\n"
QUERY = "SELECT path, 'big' AS message FROM codebase.code_elements WHERE snapshot_id = :snapshot\n"


def test_the_head_says_what_the_rule_is() -> None:
    more = "-- severity: error\n-- category: size\n-- minutes: 7.5\n-- limit: lines = 40\n"
    rule = sql_rule(HEAD + more + QUERY, "big.sql")
    assert (rule.name, rule.title, rule.key) == ("big", "Too big", ("path", "symbol"))
    assert (rule.severity, rule.category, rule.minutes) == ("error", "size", 7.5)
    assert rule.limits == {"lines": 40}


def test_most_of_it_may_be_left_out() -> None:
    rule = sql_rule(HEAD + QUERY, "big.sql")
    assert (rule.severity, rule.category, rule.minutes) == ("warning", "custom", 0)


def test_comments_within_the_query_are_no_head() -> None:
    assert sql_rule(HEAD + QUERY + "-- rule: small\n", "big.sql").name == "big"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SELECT 1", "big.sql does not say its rule and title and key"),
        (HEAD.replace("-- key: path, symbol\n", ""), "write for instance: -- key: path, symbol"),
        (HEAD + "-- severity: grave\n", "'grave' is no severity; choose of: info"),
        (HEAD + "-- minutes: many\n", "minutes is 'many', and must be a number"),
        (HEAD + "-- limit: lines 40\n", "write a limit as `-- limit: name = 10`"),
        (HEAD + "-- limit: lines = far\n", "limit lines is 'far', and must be a number"),
    ],
)
def test_what_is_wrong_with_a_head_is_said(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words.replace("'", ".")):
        sql_rule(text, "big.sql")
