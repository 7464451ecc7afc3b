"""Names, messages and sources written to break queries, terminals and pages: they stay text."""

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from unicodedata import category

import psycopg
import pytest

from graph_sitter_db import CodebaseDBAdapter
from graph_sitter_db.cli import entry
from graph_sitter_db.present.exporters import FORMATS

type Ask = Callable[..., str]

STEERING = "\x1b[31m\x1b]0;owned\x07\x9b2J\r\x08\u202e\u2066\u200b"
INJECTION = (
    "x'; DROP SCHEMA codebase CASCADE; -- %s %(x)s {0} $1 :name \\\\ \"<script>alert(1)</script>"
)
EVIL = f"{INJECTION}{STEERING}"
FILE = "evil'; DROP SCHEMA codebase CASCADE;-- %s\x1b[31m\u202e\n<b>.ts"
BRANCH = "x';DROP-SCHEMA-codebase;--%s<script>\u202e\u2066$(id)`id`"

NAME = EVIL.translate(dict.fromkeys(map(ord, '"\\\\\r')))  # what may stand in quotes
QUOTED = f'"{NAME}"'
TYPESCRIPT = f"""
import {{ x }} from {QUOTED};
export class A {{
  {QUOTED}(a: any, b = {QUOTED}) {{
    // TODO: {STEERING}
    debugger;
    return x(a!, eval({QUOTED}));
  }}
}}
export function user() {{
  return new A();
}}
"""
PYTHON = f"""# gsdb: ignore[todo_comment] {STEERING}
def f(x=[], y={EVIL!r}):
    \"\"\"{STEERING}\"\"\"
    # TODO: {STEERING}
    return eval({EVIL!r})
"""


@pytest.fixture(scope="module")
def hostile(
    tmp_path_factory: pytest.TempPathFactory, one_server: Mapping[str, str], shared_database: str
) -> Path:
    """Two commits of it, recorded; the second one with its relations."""
    root = tmp_path_factory.mktemp("hostile") / "project"
    root.mkdir()

    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=root, env=one_server, check=True, capture_output=True)

    git("init", "-q", "-b", BRANCH)
    for content in (TYPESCRIPT, TYPESCRIPT.replace("return x(", "return b || x(")):
        (root / FILE).write_text(content)
        (root / "other.ts").write_text(
            f"import {{ user }} from {json.dumps('./' + FILE)};\nuser();\n"
        )
        (root / "plain.py").write_text(PYTHON + content.count("||") * "g = 1\n")
        git("add", "-A")
        git("commit", "-q", f"--author={STEERING}'--% <a@example.org>", "-m", f"A\n{EVIL}")
    with CodebaseDBAdapter(shared_database) as adapter:
        adapter.record(root, commit="HEAD~1", depth="syntax")
        adapter.record(root, commit="HEAD", languages=["typescript"])
    return root


@pytest.fixture
def ask(
    hostile: Path,
    shared_database: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Ask:
    """Runs a command in the repository; all that it prints, on both streams."""
    monkeypatch.setenv("GRAPH_SITTER_DB_URL", shared_database)
    monkeypatch.chdir(hostile)

    def run(*arguments: str) -> str:
        capsys.readouterr()
        entry.run(arguments)
        printed, complaint = capsys.readouterr()
        assert "unexpected" not in complaint
        return printed + complaint

    return run


def test_no_command_lets_a_repository_steer_the_terminal(ask: Ask, shared_database: str) -> None:
    for words in (
        ("record", "--commit", "HEAD", "--depth", "syntax"),
        ("summary",),
        ("runs",),
        ("runs", "--branch", BRANCH),
        ("show",),
        ("show", BRANCH),
        ("files",),
        ("symbols", "DROP"),
        ("symbols", NAME),
        ("metrics",),
        ("metrics", FILE),
        ("deps", "user"),
        ("deps", "A"),
        ("issues",),
        ("issues", "--path", FILE, "--language", "typescript"),
        ("issues", "--accepted", "--language", "python"),
        ("explain",),
        ("compare", "HEAD~1", "HEAD"),
        ("compare", BRANCH, BRANCH),
        ("gate",),
        ("rules", "list"),
        ("show", EVIL),
        ("record", EVIL),
        ("record", "--commit", EVIL),
        (EVIL,),
    ):
        shown = ask(*words)
        assert shown, words
        assert plain(shown), (words, ascii(shown))
    assert r"\x1b[31m" in ask("files")
    assert _counts(shared_database) == {"files": 3, "runs": 5, "symbols of": 1}


def test_json_is_exact(ask: Ask) -> None:
    (found,) = json.loads(ask("symbols", "DROP SCHEMA", "--json"))
    assert (found["path"], found["name"]) == (FILE, NAME)
    assert json.loads(ask("runs", "--json"))[0]["branch"] == BRANCH


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_no_export_hands_on_markup_or_control_characters(ask: Ask, form: str) -> None:
    text = ask("export", "--format", form)
    assert text
    if form in ("markdown", "summary", "checkstyle", "junit"):
        assert "<script" not in text
    assert not [char for char in text if char not in "\n\t" and category(char) == "Cc"]


def plain(text: str) -> bool:
    return text.replace("\n", "").replace("\t", "").isprintable()


def _counts(database: str) -> dict[str, int]:
    with psycopg.connect(database) as connection:
        row = connection.execute(
            """
            SELECT (SELECT count(*) FROM codebase.files),
                   (SELECT count(*) FROM analytics.analysis_runs),
                   (SELECT count(DISTINCT s.name) FROM codebase.symbols s WHERE s.name = %s)
            """,
            (NAME,),
        ).fetchone()
    assert row is not None
    return dict(zip(("files", "runs", "symbols of"), row, strict=True))
