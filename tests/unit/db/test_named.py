"""SQL kept in files keeps its meaning on the way to the driver."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_sitter_db.db.named import bound

NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
FREE = st.text(alphabet="ab1 :%\n-/$_", max_size=8)
LITERALS = st.one_of(
    FREE.map(lambda text: "'" + text + "''" + text + "'"),
    FREE.map(lambda text: "E'" + text + "\\'" + text + "'"),
    FREE.map(lambda text: '"' + text + '""' + text + '"'),
    FREE.map(lambda text: f"$${text.replace('$', '')}$$"),
    FREE.map(lambda text: f"$a_1$ :x '{text.replace('$', '')} $a_1$"),
    FREE.map(lambda text: "-- ' " + text.replace("\n", "") + "\n"),
    FREE.map(lambda text: f"/* ' :x {text.replace('/', '')} /* :x */ :y */"),
)
PLAIN = st.sampled_from(
    ["SELECT a", "CAST(x AS text)", "a % b", "x::text", "m[1:2]", "m[a:b]", "f(y):z", "LIKE 'a%'"]
)


@given(st.lists(st.one_of(PLAIN, LITERALS, NAMES.map(lambda name: (name,)))))
def test_only_parameters_outside_literals_comments_casts_and_slices_are_bound(
    pieces: list[str | tuple[str]],
) -> None:
    sql = " ".join(piece if isinstance(piece, str) else f":{piece[0]}" for piece in pieces)
    converted, parameters = bound(sql)
    assert parameters == {piece[0] for piece in pieces if isinstance(piece, tuple)}
    assert converted % {name: f":{name}" for name in parameters} == sql


@given(st.text(alphabet="a:%'\"$-/*\\eE\n[]1_ "))
def test_any_text_at_all_comes_back_when_each_parameter_is_put_back(sql: str) -> None:
    converted, parameters = bound(sql)
    assert converted % {name: f":{name}" for name in parameters} == sql


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("CAST(:since AS date)", "CAST(%(since)s AS date)"),
        ("a = :a AND b=:a", "a = %(a)s AND b=%(a)s"),
        ("make_interval(days => :n)", "make_interval(days => %(n)s)"),
        ("x::text || :y", "x::text || %(y)s"),
        ("d'E:x' || :y", "d'E:x' || %(y)s"),
        ("date':x' = :y", "date':x' = %(y)s"),
        ("a$b$ :y $b$", "a$b$ %(y)s $b$"),
        ("LIKE '10%' -- 5 % :x", "LIKE '10%%' -- 5 %% :x"),
        ("/* /* :x */ :y */ :z", "/* /* :x */ :y */ %(z)s"),
    ],
)
def test_tricky_places(sql: str, expected: str) -> None:
    assert bound(sql)[0] == expected
