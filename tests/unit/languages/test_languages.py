import subprocess
import sys

import pytest

from graph_sitter_db.languages import family_of, language_of, spec
from graph_sitter_db.model.keys import Family, Language


@pytest.mark.parametrize(
    ("path", "language", "family"),
    [
        ("a/b.py", Language.PYTHON, Family.PYTHON),
        ("a.ts", Language.TYPESCRIPT, Family.TYPESCRIPT),
        ("a.d.ts", Language.TYPESCRIPT, Family.TYPESCRIPT),
        ("a.tsx", Language.TSX, Family.TYPESCRIPT),
        ("a.js", Language.JAVASCRIPT, Family.TYPESCRIPT),
        ("a.jsx", Language.JSX, Family.TYPESCRIPT),
        ("py", None, None),
        (".py", None, None),
        ("a.pyi", None, None),
        ("a.md", None, None),
    ],
)
def test_the_suffix_tells_language_and_family(
    path: str, language: Language | None, family: Family | None
) -> None:
    assert (language_of(path), family_of(path)) == (language, family)


def test_every_language_has_a_specification_of_its_own() -> None:
    assert [spec(language).language for language in Language] == list(Language)


def test_telling_files_apart_loads_no_grammar() -> None:
    code = "import sys, graph_sitter_db.languages; print('tree_sitter' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
