"""Columns stand in line, and nothing important is cut."""

from hypothesis import given
from hypothesis import strategies as st

from graph_sitter_db.present.layout import cells, fold, plain, shorten
from graph_sitter_db.present.page import Column, Fit, Grid, Page, figure, line, row

PATH = "src/graph/deeply/nested/folder/of/many/parts/module.py"
TEXT = st.text(st.characters(categories=["L", "N", "P", "Zs", "So"]), max_size=80)


def grid(*rows: tuple[str, ...], fit: Fit = Fit.KEEP) -> Grid:
    return Grid((Column("Path", fit), figure("Lines")), tuple(row(*cells) for cells in rows))


def test_columns_are_aligned_and_figures_stand_flush_right() -> None:
    assert plain([grid(("a.py", "7"), ("longer.py", "1,234"))]).splitlines() == [
        "Path       Lines",
        "a.py           7",
        "longer.py  1,234",
    ]


def test_wide_characters_take_two_columns() -> None:
    first, second = plain([grid(("名前.py", "1"), ("abcdefg", "2"))]).splitlines()[1:]
    assert cells(first) == cells(second)


def test_without_a_terminal_nothing_is_folded_or_shortened() -> None:
    for fit in Fit:
        assert PATH * 5 in plain([grid((PATH * 5, "1"), fit=fit)], width=None)


def test_a_folded_column_loses_nothing() -> None:
    lines = plain([grid((PATH, "1"), fit=Fit.FOLD)], width=30).splitlines()[1:]
    assert "".join(text[:23].strip() for text in lines) == PATH


def test_a_path_loses_its_middle_and_keeps_both_ends() -> None:
    shown = plain([grid((PATH, "1"), fit=Fit.MIDDLE)], width=40).splitlines()[1]
    assert shown.startswith("src/…/")
    assert "module.py" in shown


def test_a_column_that_must_be_kept_is_kept_on_the_narrowest_terminal() -> None:
    assert PATH in plain([grid((PATH, "1"), fit=Fit.KEEP)], width=10)


def test_the_widest_column_gives_way_first() -> None:
    columns = (Column("A", Fit.END), Column("B", Fit.END))
    shown = plain([Grid(columns, (row("a" * 20, "b" * 90),))], width=60).splitlines()[1]
    assert shown == "a" * 20 + "  " + "b" * 37 + "…"


def test_prose_gives_way_before_names_do() -> None:
    columns = (Column("Name", Fit.FOLD), Column("Message", Fit.FOLD, first=True))
    page: Page = [Grid(columns, (row("n" * 30, "word " * 12),))]
    assert plain(page, width=64).splitlines()[1].startswith("n" * 30 + "  word")


def test_names_from_repositories_are_made_harmless_everywhere() -> None:
    page: Page = [line("\x1b[2J"), grid(("\x1b]0;x\x07.py", "1"))]
    assert "\x1b" not in plain(page)


def test_what_tells_least_is_left_out_first_where_there_is_no_room() -> None:
    columns = (Column("Path"), figure("Lines", spare=1), figure("Fan-out", spare=2))
    page: Page = [Grid(columns, (row("a" * 20, "12", "3"),))]
    heads = [plain(page, width).splitlines()[0].split() for width in (80, 30, 24)]
    assert heads == [["Path", "Lines", "Fan-out"], ["Path", "Lines"], ["Path"]]
    assert plain(page, None).splitlines()[0].split() == heads[0]


def test_a_name_is_broken_between_its_parts() -> None:
    assert fold("ProgressColumn.max_refresh_rate", 20) == ["ProgressColumn.", "max_refresh_rate"]
    assert fold("`_render_table_cell` is long", 12) == ["`_render_", "table_cell`", "is long"]


@given(TEXT, st.integers(2, 40))
def test_folding_keeps_every_character_but_spaces_and_the_width(text: str, width: int) -> None:
    lines = fold(text, width)
    assert all(cells(each) <= width for each in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@given(TEXT, st.integers(4, 40))
def test_a_shortened_text_fits(text: str, width: int) -> None:
    assert cells(shorten(text, width)) <= width


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=5), st.integers(40, 120))
def test_a_page_fits_its_width_when_its_columns_may_give_way(
    rows: list[tuple[str, str]], width: int
) -> None:
    columns = (Column("One", Fit.FOLD), Column("Two", Fit.MIDDLE))
    page = [Grid(columns, tuple(row(*each) for each in rows))]
    assert all(cells(text) <= width for text in plain(page, width).splitlines())
