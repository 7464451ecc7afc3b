"""What comes from npm: ESLint, and packages that ship their TypeScript sources."""

import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import platformdirs
from tests.oracles.comparison import Unavailable
from tests.oracles.sources import measured

from graph_sitter_db.model.facts import MeasuredFile

HERE = Path(__file__).parent
MANIFEST = HERE / "package.json"
VERSIONS: dict[str, str] = json.loads(MANIFEST.read_text())["dependencies"]
OLDEST_NODE = (20, 19)  # what ESLint 10 asks for


def versioned(package: str) -> str:
    return f"{package} {VERSIONS[package]}"


@cache
def package(name: str) -> tuple[MeasuredFile, ...]:
    """The TypeScript sources of a package, JSX included; paths begin with its name."""
    root = installed() / "node_modules"
    found = (root / name / "src").rglob("*.ts*")
    return tuple(measured(root, (path for path in found if not path.name.endswith(".d.ts"))))


def run(script: str, files: Iterable[MeasuredFile]) -> Any:
    """What one of the scripts in this folder prints about these files, in JSON."""
    command = ["node", str(HERE / script)]
    names = "\n".join(f"node_modules/{file.path}" for file in files)
    done = subprocess.run(command, input=names, cwd=installed(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@cache
def installed() -> Path:
    """The folder whose node_modules has what package.json names; filled the first time."""
    _require_node()
    digest = hashlib.sha256(MANIFEST.read_bytes()).hexdigest()[:16]
    folder = platformdirs.user_cache_path("graph-sitter-db") / f"oracles-{digest}"
    if not folder.exists():
        _install(folder)
    return folder


def _require_node() -> None:
    wanted = ".".join(map(str, OLDEST_NODE))
    if not (shutil.which("node") and shutil.which("npm")):
        raise Unavailable(f"needs node {wanted} or later and npm: install them")
    found = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout
    if tuple(map(int, found.strip().lstrip("v").split(".")[:2])) < OLDEST_NODE:
        raise Unavailable(f"needs node {wanted} or later, found {found.strip()}: upgrade it")


def _install(folder: Path) -> None:
    """In a folder beside it, so that what is there is whole."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="oracles-") as beside:
        fresh = Path(beside) / "install"
        fresh.mkdir()
        shutil.copy(MANIFEST, fresh)
        # Peers are what a package is used with, React Native for instance: nothing is run here.
        quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"]
        command = ["npm", "install", "--legacy-peer-deps", *quiet]
        done = subprocess.run(command, cwd=fresh, capture_output=True, text=True)
        if done.returncode != 0:
            raise Unavailable(f"npm install failed: {done.stderr[-1000:]}")
        if not folder.exists():  # another session may have been faster
            fresh.rename(folder)
