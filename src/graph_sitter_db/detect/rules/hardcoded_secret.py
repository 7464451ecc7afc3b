"""Secrets that everybody who reads the code gets to know."""

from collections.abc import Iterator

from graph_sitter_db.detect.secrets import secrets
from graph_sitter_db.model.facts import MeasuredFile
from graph_sitter_db.model.issues import Finding
from graph_sitter_db.model.keys import Severity
from graph_sitter_db.model.ports import Effort, Example, Limits, Rule


def check(file: MeasuredFile, limits: Limits) -> Iterator[Finding]:
    """Tokens by the beginnings and lengths that their issuers document, and strings of at least 16
    characters with 3.5 bits each that are given to a name such as `api_key`. In tests only the
    former. The secret itself is not told, nor stored.
    """
    facts = file.facts
    for secret in secrets(facts.source.content, by_name=not facts.is_test):
        symbol = facts.symbol_at(secret.start)
        line = facts.source.content.count(b"\n", 0, secret.start) + 1
        given = f" in `{secret.name}`" if secret.name else ""
        yield Finding(
            path=facts.path,
            message=f"A {secret.kind}{given} is written into the code: revoke it, and read it from "
            "outside",
            start_line=line,
            end_line=line,
            symbol=symbol.key if symbol else None,
            anchor=f"{secret.kind} {secret.name}",
        )


# Put together here, so that this file does not hold what it looks for.
_TOKEN = "ghp_" + "k3Jd8sLq0ZpX7vBn5mW2" + "yR6tUc9Ae1Hf4Gi8"

RULE = Rule(
    name="hardcoded_secret",
    title="A secret stands in the code",
    why=(
        "Whoever can read the repository, or any copy of it, can use it, and taking it out leaves "
        "it in the history."
    ),
    category="safety",
    severity=Severity.CRITICAL,
    limits={},
    effort=Effort(constant=30, source="SonarQube S6418"),
    bad=(
        Example(files={"a.py": f"HEADERS = {{'Authorization': 'token {_TOKEN}'}}\n"}, findings=1),
        Example(files={"a.ts": f"export const apiKey = '{_TOKEN[4:]}'\n"}, findings=1),
    ),
    good=(
        Example(files={"a.py": "API_KEY = os.environ['API_KEY']\n"}, findings=0),
        Example(files={"a.py": "PASSWORD = 'your-password-goes-here'\n"}, findings=0),
        Example(
            files={"a.py": "TOKEN_URL = 'https://id.example.org/oauth/v2/token'\n"}, findings=0
        ),
    ),
    check_file=check,
)
