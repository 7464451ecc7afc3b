"""Where it is hot, and who knows it."""

from tests.unit.behaviour.conftest import Commit

from graph_sitter_db.behaviour import hotspots, ownership


def test_heat_is_commits_times_complexity_times_what_depends_on_it(commit: Commit) -> None:
    log = [*[commit("x", "a", "gone")] * 3, commit("y", "a", "b")]
    found = hotspots(log, {"a": 2.0, "b": 5.0, "still": 9.0}, {"a": 1})
    assert [(each.path, each.heat) for each in found] == [("a", 4 * 2 * 2), ("b", 1 * 5 * 1)]
    assert (found[0].commits, found[0].authors, found[0].lines_changed) == (4, 2, 12)


def test_without_a_graph_heat_is_commits_times_complexity(commit: Commit) -> None:
    [found] = hotspots([commit("x", "a")] * 3, {"a": 2.0}, None)
    assert (found.heat, found.fan_in) == (6, None)


def test_who_made_a_file_knows_it_until_others_changed_it_often(commit: Commit) -> None:
    # The newest first. ada: 3.293 + 1.098 + 0.164 - 0.321 ln 2 = 4.33; bob: 3.293 + 0.164 - 0.321
    # ln 2 = 3.23, which is below 3.293.
    assert ownership([commit("bob", "a"), commit("ada", "a")], ["a"]).files[0].authors == ("ada",)
    # ada: 4.555 - 0.321 ln 21 = 3.58; bob: 3.293 + 3.28 - 0.321 ln 2 = 6.35.
    often = [*[commit("bob", "a")] * 20, commit("ada", "a")]
    [file] = ownership(often, ["a"]).files
    assert (file.authors, file.others) == (("bob",), 1)


def test_the_bus_factor_is_how_many_can_go_until_most_files_have_nobody(commit: Commit) -> None:
    one = [commit("ada", "a", "b", "c"), commit("bob", "d")]
    assert ownership(one, "abcd").bus_factor == 1
    two = [commit("ada", "a"), commit("bob", "b"), commit("eve", "c")]
    assert ownership(two, "abc").bus_factor == 2
    assert ownership([], "abc").bus_factor == 0


def test_files_that_are_gone_are_nobodys(commit: Commit) -> None:
    found = ownership([commit("ada", "a", "gone"), commit("bob", "gone")], ["a"])
    assert [(owner.author, owner.files) for owner in found.owners] == [("ada", 1)]
