"""What is measured on: packages from the registries, each as a git repository of one commit."""

import shutil
import subprocess
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import platformdirs
from tests.oracles import npm

SMALL, LARGE, TYPESCRIPT, MANY_FILES = "rich", "sqlalchemy", "zod", "networkx"
_SUFFIXES = {".py", ".ts", ".tsx", ".js", ".jsx"}


@cache
def repository(name: str) -> Path:
    """A package's sources, committed; made once and kept in the user's cache."""
    origin = _sources(name)
    folder = _cache() / f"{name}-{_version(name)}"
    if not folder.exists():
        _commit(shutil.copytree(origin, folder.with_name(folder.name + ".new") / name).parent)
        folder.with_name(folder.name + ".new").rename(folder)
    return folder


@cache
def part(name: str, lines: int) -> Path:
    """The first files of a package that together have so many lines, committed."""
    whole = repository(name)
    folder = _cache() / f"{whole.name}-{lines}"
    if not folder.exists():
        shutil.rmtree(fresh := folder.with_name(folder.name + ".new"), ignore_errors=True)
        for path in sources(whole):
            (target := fresh / path.relative_to(whole)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
            lines -= path.read_bytes().count(b"\n")
            if lines <= 0:
                break
        _commit(fresh)
        fresh.rename(folder)
    return folder


def copied(repository: Path, folder: Path) -> Path:
    """A copy to change."""
    return shutil.copytree(repository, folder / repository.name)


def changed(repository: Path, files: int, mark: str) -> None:
    """Some files get one more function each, and a commit tells of it."""
    for path in sources(repository)[:: max(1, len(sources(repository)) // files)][:files]:
        addition = f"\ndef added_{mark}(a):\n    return a\n"
        if path.suffix != ".py":
            addition = f"\nexport function added_{mark}(a: number) {{\n  return a;\n}}\n"
        path.write_text(path.read_text() + addition)
    git(repository, "commit", "-qam", f"change {files} files")


def sources(folder: Path) -> list[Path]:
    return sorted(
        path for path in folder.rglob("*") if path.suffix in _SUFFIXES and ".git" not in path.parts
    )


def lines(folder: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in sources(folder))


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Benchmark", "-c", "user.email=benchmark@example.org")
    return subprocess.run(
        ["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True, text=True
    ).stdout


def _sources(name: str) -> Path:
    if name == TYPESCRIPT:
        return npm.installed() / "node_modules" / name / "src"
    spec = find_spec(name)
    assert spec and spec.origin, f"{name} is not installed: run make bench"
    return Path(spec.origin).parent


def _version(name: str) -> str:
    return npm.VERSIONS[name] if name == TYPESCRIPT else metadata.version(name)


def _cache() -> Path:
    return platformdirs.user_cache_path("graph-sitter-db", ensure_exists=True) / "benchmarks"


def _commit(folder: Path) -> None:
    for path in folder.rglob("__pycache__"):
        shutil.rmtree(path)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "--force", ".")
    git(folder, "commit", "-qm", "all of it")
