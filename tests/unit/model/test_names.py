"""Names that are too long for an index stay apart from each other."""

from hypothesis import given
from hypothesis import strategies as st

from graph_sitter_db.model.names import LONGEST, bounded
from graph_sitter_db.model.paths import storable

LONG = st.builds(lambda piece, times: piece * times, st.text(min_size=1), st.integers(1, 3000))


@given(LONG)
def test_no_name_is_longer_than_an_index_takes(name: str) -> None:
    assert len(bounded(name).encode()) <= LONGEST


@given(LONG, LONG)
def test_different_names_stay_different(one: str, other: str) -> None:
    assert (bounded(one) == bounded(other)) is (one == other)


@given(LONG)
def test_bounding_again_changes_nothing(name: str) -> None:
    assert bounded(bounded(name)) == bounded(name)


def test_a_long_path_keeps_its_folder_and_its_suffix() -> None:
    path = storable("src/" + "folder/" * 1000 + "file.py")
    assert path.startswith("src/folder/")
    assert path.endswith("/file.py")
