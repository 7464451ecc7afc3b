"""What counts as a secret, and what only looks like one."""

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_sitter_db.detect.secrets import entropy, secrets


def made(length: int, seed: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    """Random letters, so that no secret has to stand in this file."""
    return "".join(random.Random(seed).choices(alphabet, k=length))


@pytest.mark.parametrize(
    ("kind", "token"),
    [
        ("AWS access key", "AKIA" + made(16, 1, string.ascii_uppercase)),
        ("GitHub token", "ghp_" + made(36, 2)),
        ("GitHub fine-grained token", "github_pat_" + made(82, 3)),
        ("GitLab token", "glpat-" + made(20, 4)),
        ("Google API key", "AIza" + made(35, 5)),
        ("Hugging Face token", "hf_" + made(34, 6)),
        ("npm token", "npm_" + made(36, 7)),
        ("OpenAI key", "sk-" + made(48, 8)),
        ("PyPI token", "pypi-" + made(120, 9)),
        ("SendGrid key", f"SG.{made(22, 10)}.{made(43, 11)}"),
        ("Slack token", "xoxb-" + made(40, 12)),
        ("Stripe key", "sk_live_" + made(24, 13)),
        ("private key", "-----BEGIN RSA PRIVATE KEY-----\n" + made(64, 14)),
    ],
)
def test_tokens_of_known_issuers_are_found_wherever_they_stand(kind: str, token: str) -> None:
    for text in (f"call('{token}')", f"# {token}\n", f'x = "Bearer {token}"'):
        [found] = secrets(text.encode(), by_name=False)
        assert (found.kind, text.encode()[found.start :][: len(token)]) == (kind, token.encode())


@pytest.mark.parametrize(
    "text",
    [
        "api_key = '{}'",
        'const apiKey: string = "{}"',
        "{{'client-secret': '{}'}}",
        "config['DB_PASSWORD'] = '{}'",
        "self.access_token = b'{}'",
    ],
)
def test_a_random_string_given_to_a_telling_name_is_found(text: str) -> None:
    value = made(32, 20)
    [found] = secrets(text.format(value).encode())
    assert found.kind == "secret"
    assert found.name and value not in found.name
    assert list(secrets(text.format(value).encode(), by_name=False)) == []


@pytest.mark.parametrize(
    "text",
    [
        "password = 'correct horse battery staple'",
        "PASSWORD_HASHER = 'django.contrib.auth.hashers.PBKDF2'",
        "token_type = 'urn:ietf:params:oauth:token-type:jwt'",
        "api_key = 'YOUR_API_KEY_GOES_HERE_1'",
        "secret = '${{VAULT_SECRET_PATH_17}}'",
        "token = 'xxxxxxxxxxxxxxxxxxxx1A'",
        "aws = 'AKIAIOSFODNN7EXAMPLE'",
        "x = '" + "ghp_" + "a" * 36 + "'",
        "digest = '" + made(40, 30) + "'",
    ],
)
def test_words_placeholders_and_examples_are_none(text: str) -> None:
    assert list(secrets(text.encode())) == []


@given(st.text(max_size=60))
def test_entropy_is_that_of_the_distribution_of_characters(text: str) -> None:
    assert 0 <= entropy(text) <= 6
    assert entropy(text) == pytest.approx(entropy(text[::-1]))
    assert entropy("ab" * 8) == 1
    assert entropy("0123456789abcdef") == 4
