"""Where the embedded server's files are, and what its page says of it."""

import stat
import sys
from pathlib import Path

import pytest

from graph_sitter_db.db import account, home, server

PAGE = (Path(__file__).parents[3] / "docs" / "embedded-server.md").read_text()


@pytest.fixture
def nothing_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory of a user who has set nothing."""
    for name in ("GRAPH_SITTER_DB_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_data_lies_in_the_users_data_directory_for_root_as_for_everybody(
    nothing_chosen: Path,
) -> None:
    places = {"linux": ".local/share", "darwin": "Library/Application Support"}
    place = f"{places[sys.platform]}/graph-sitter-db"

    assert home.locate().path == nothing_chosen / place
    assert f"`~/{place}`" in PAGE
    assert list(nothing_chosen.iterdir()) == []


def test_the_data_directory_can_be_moved_and_a_folder_chosen(
    nothing_chosen: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sys.platform == "linux":
        monkeypatch.setenv("XDG_DATA_HOME", str(nothing_chosen / "elsewhere"))
        assert home.locate().path == nothing_chosen / "elsewhere" / "graph-sitter-db"
    monkeypatch.setenv("GRAPH_SITTER_DB_HOME", "~/chosen")
    assert home.locate().path == nothing_chosen / "chosen"


def test_its_page_names_the_defaults() -> None:
    place = home.Home(Path("/place"))

    assert f"{server._LINGER:.0f} seconds after its last user" in PAGE
    assert f"system user `{account.NAME}`" in PAGE
    for path in (place.data, place.socket_folder, place.log, place.stay):
        assert f"`{path.name}`" in PAGE


def test_others_get_the_right_to_pass_through_and_no_other(tmp_path: Path) -> None:
    folder = tmp_path / "closed" / "group" / "open"
    folder.mkdir(parents=True)
    modes = {tmp_path / "closed": 0o700, tmp_path / "closed" / "group": 0o750, folder: 0o755}
    for path, mode in modes.items():
        path.chmod(mode)

    account.let_through(folder)

    found = {path: stat.S_IMODE(path.stat().st_mode) for path in modes}
    assert found == {path: mode | 0o001 for path, mode in modes.items()}
