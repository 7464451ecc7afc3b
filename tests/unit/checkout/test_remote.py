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
        ("https://gitlab.x.de/g/n.git", Remote("gitlab", "g/n", "https://gitlab.x.de/g/n.git")),
        ("https://bitbucket.org/o/n", Remote("bitbucket", "o/n", "https://bitbucket.org/o/n")),
        (
            "https://dev.azure.com/o/p/_git/n",
            Remote("other", "o/p/_git/n", "https://dev.azure.com/o/p/_git/n"),
        ),
        ("https://h.de/o/n?private_token=x#y", Remote("other", "o/n", "https://h.de/o/n")),
        ("file:///srv/n.git", Remote("local", "", "file:///srv/n.git")),
        ("/srv/n.git", Remote("local", "", "/srv/n.git")),
        ("../n", Remote("local", "", "../n")),
        (r"C:\git\n", Remote("local", "", r"C:\git\n")),
        ("https://[bad/o/n", Remote("other", "", "")),
    ],
)
def test_a_url_is_understood(url: str, expected: Remote) -> None:
    assert remote(url) == expected


@given(st.text())
def test_no_url_makes_it_fail(url: str) -> None:
    assert remote(url).provider in {"github", "gitlab", "bitbucket", "other", "local"}


@given(st.from_regex(r"[a-z]{6,20}", fullmatch=True))
def test_a_password_is_never_kept(secret: str) -> None:
    for url in (f"https://u:{secret}9@example.org/o/n", f"ssh://u:{secret}9@example.org/o/n"):
        assert f"{secret}9" not in remote(url).url
