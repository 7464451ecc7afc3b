"""What a remote's URL says, and that its secrets are not kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_sitter_db.checkout.remote import Remote, remote


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://github.com/o/n.git", Remote("github", "o/n", "https://github.com/o/n.git")),
        ("https://TOKEN@github.com/o/n", Remote("github", "o/n", "https://github.com/o/n")),
        ("git@github.com:o/n.git", Remote("github", "o/n", "git@github.com:o/n.git")),
        (
            "ssh://git:pw@gitlab.com:2222/g/s/n",
            Remote("gitlab", "g/s/n", "ssh://git@gitlab.com:2222/g/s/n"),
        ),
        (
            "https://gitlab.x.de/g/n.git",
            Remote("gitlab", "gitlab.x.de/g/n", "https://gitlab.x.de/g/n.git"),
        ),
        ("https://bitbucket.org/o/n", Remote("bitbucket", "o/n", "https://bitbucket.org/o/n")),
        (
            "https://dev.azure.com/o/p/_git/n",
            Remote("other", "dev.azure.com/o/p/_git/n", "https://dev.azure.com/o/p/_git/n"),
        ),
        ("https://h.de/o/n?private_token=x#y", Remote("other", "h.de/o/n", "https://h.de/o/n")),
        ("file:///srv/n.git", Remote("local", "", "file:///srv/n.git")),
        ("/srv/n.git", Remote("local", "", "/srv/n.git")),
        ("../n", Remote("local", "", "../n")),
        (r"C:\git\n", Remote("local", "", r"C:\git\n")),
        ("https://[bad/o/n", Remote("other", "", "")),
    ],
)
def test_a_url_is_understood(url: str, expected: Remote) -> None:
    assert remote(url) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://git.a.example/team/app", "https://git.b.example/team/app"),
        ("https://gitlab.a.example/team/app", "git@gitlab.com:team/app"),
        ("https://github.a.example/team/app", "https://github.com/team/app"),
        ("https://github.com/team/app", "https://gitlab.com/team/app"),
    ],
)
def test_repositories_of_different_hosts_are_told_apart(one: str, other: str) -> None:
    assert _known_as(one) != _known_as(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://git.a.example/team/app", "git@GIT.a.example:team/app.git"),
        ("https://github.com/team/app", "ssh://git@ssh.github.com:443/team/app.git"),
        ("https://github.com/team/app", "git@github.com-work:team/app.git"),
        ("https://gitlab.com/team/app", "gitlab:team/app"),
    ],
)
def test_ways_to_one_host_lead_to_one_repository(one: str, other: str) -> None:
    assert _known_as(one) == _known_as(other)


def _known_as(url: str) -> tuple[str, str]:
    found = remote(url)
    return found.provider, found.full_name


@given(st.text())
def test_no_url_makes_it_fail(url: str) -> None:
    assert remote(url).provider in {"github", "gitlab", "bitbucket", "other", "local"}


@given(st.from_regex(r"[a-z]{6,20}", fullmatch=True))
def test_a_password_is_never_kept(secret: str) -> None:
    for url in (f"https://u:{secret}9@example.org/o/n", f"ssh://u:{secret}9@example.org/o/n"):
        assert f"{secret}9" not in remote(url).url
