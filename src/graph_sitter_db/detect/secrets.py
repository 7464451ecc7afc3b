"""What secrets look like."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

# What issuers document of their tokens: how they begin, and what follows.
_KINDS = {
    "AWS access key": (("AKIA", "ASIA"), r"[A-Z2-7]{16}\b"),
    "GitHub token": (("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"[A-Za-z0-9]{36,}"),
    "GitHub fine-grained token": (("github_pat_",), r"\w{60,}"),
    "GitLab token": (("glpat-",), r"[\w-]{20,}"),
    "Google API key": (("AIza",), r"[\w-]{35}\b"),
    "Hugging Face token": (("hf_",), r"[A-Za-z0-9]{34,}"),
    "npm token": (("npm_",), r"[A-Za-z0-9]{36}\b"),
    "OpenAI key": (("sk-",), r"(?:proj-)?[\w-]{40,}"),
    "PyPI token": (("pypi-",), r"[\w-]{80,}"),
    "SendGrid key": (("SG.",), r"[\w-]{22}\.[\w-]{43}"),
    "Slack token": (("xoxb-", "xoxp-", "xoxa-", "xoxe-", "xoxr-", "xoxs-"), r"[A-Za-z0-9-]{20,}"),
    "Stripe key": (("sk_live_", "rk_live_"), r"[A-Za-z0-9]{20,}"),
    "private key": (
        ("-----BEGIN ",),
        r"(?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[\s\\nr\"']*[A-Za-z0-9+/]{20}",
    ),
}
_TOKENS = [
    (kind, beginning.encode(), re.compile(shape.encode()))
    for kind, (beginnings, shape) in _KINDS.items()
    for beginning in beginnings
]
_NAMES = (
    *(b"password", b"passwd", b"secret", b"token", b"apikey", b"api_key", b"api-key"),
    *(b"accesskey", b"access_key", b"privatekey", b"private_key", b"credential"),
)
_GIVEN = re.compile(
    rb"(?P<rest>\w{0,20})[\"']?\]?\s{0,4}(?::[ \w.\[\]|]{0,40})?[=:]\s{0,4}[rbu]?"
    rb"[\"'](?P<value>[^\"'\s\\]{16,200})[\"']"
)
_BEFORE = re.compile(rb"[\w.-]*\Z")
_DUMMY = re.compile(
    r"example|dummy|sample|placeholder|changeme|fake|test|your|insert|replace|redacted|secret"
    r"|password|xxxx|\.\.\.|0000|1234|abcd|[<>{}$%*()]",
    re.IGNORECASE,
)
_CHARACTERS = re.compile(r"[\w+/=.~:-]+")
_PATH = re.compile(r"[A-Za-z_][\w-]*(?:[.:/][A-Za-z_][\w-]*)+")  # of a module, a resource, a file
_LEAST_ENTROPY = (
    3.5  # bits a character; words of a language and identifiers have less, at 16 and up
)


@dataclass(frozen=True, slots=True)
class Secret:
    """Where one stands, and what it seems to be; not what it is."""

    start: int
    kind: str
    name: str  # what it is given to; "" where that cannot be seen


def secrets(content: bytes, *, by_name: bool = True) -> Iterator[Secret]:
    """Tokens of known issuers and, `by_name`, random strings given to names such as `api_key`."""
    found: set[int] = set()
    for kind, beginning, shape in _TOKENS:
        for at in _occurrences(content, beginning):
            match = shape.match(content, at + len(beginning))
            if match and not _is_word(content[at - 1 : at]) and not _is_dummy(match[0].decode()):
                found.add(at)
                yield Secret(at, kind, "")
    for start, name in _given(content) if by_name else ():
        if start not in found:
            found.add(start)
            yield Secret(start, "secret", name)


def _given(content: bytes) -> Iterator[tuple[int, str]]:
    """Where a random string stands, and the name that it is given to."""
    lower = content.lower()
    for word in _NAMES:
        for at in _occurrences(lower, word):
            match = _GIVEN.match(content, at + len(word))
            if match and _is_random(match["value"].decode("utf-8", "replace")):
                before = _BEFORE.search(content, max(0, at - 80), at)
                start = before.start() if before else at
                yield match.start("value"), content[start : match.end("rest")].decode()


def _occurrences(content: bytes, word: bytes) -> Iterator[int]:
    """A plain search: a regular expression with as many ways to begin takes ten times as long."""
    at = content.find(word)
    while at >= 0:
        yield at
        at = content.find(word, at + 1)


def _is_word(before: bytes) -> bool:
    return before.isalnum() or before in (b"_", b"-")


def entropy(text: str) -> float:
    """Bits a character, of the distribution of its characters (Shannon 1948)."""
    counts = Counter(text).values()
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts) if text else 0.0


def _is_random(value: str) -> bool:
    if _is_dummy(value) or not _CHARACTERS.fullmatch(value) or _PATH.fullmatch(value):
        return False
    kinds = [any(map(is_kind, value)) for is_kind in (str.isdigit, str.islower, str.isupper)]
    return sum(kinds) >= 2 and kinds[0] and entropy(value) >= _LEAST_ENTROPY


def _is_dummy(value: str) -> bool:
    return "EXAMPLE" in value or bool(_DUMMY.search(value)) or len(set(value)) < 6
