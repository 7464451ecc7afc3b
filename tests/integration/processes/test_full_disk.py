"""A disk that is full: an error with a remedy, nothing lost, and all works with room again."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.processes.conftest import stored

from graph_sitter_db.db import server

type Make = Callable[..., Path]
type Git = Callable[..., str]
type Write = Callable[[Path, dict[str, str]], Path]

type Disk = Callable[[Path, str], None]
type Leave = Callable[[Path], None]

PROGRAM = "from graph_sitter_db.cli import main; main()"
SMALL = {"a.py": "def f(x: int) -> int:\n    return x\n"}
LARGE = {
    f"m{n}.py": "".join(f"def f_{n}_{i}(x: int) -> int:\n    return x\n\n\n" for i in range(300))
    for n in range(10)
}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Mounts a disk of a size at a folder; what was in the folder comes onto it."""
    mounted: list[Path] = []

    def mount(folder: Path, size: str) -> None:
        aside = shutil.move(folder, folder.with_name(folder.name + ".aside"))
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "none", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"this user cannot mount a small disk: {done.stderr.strip()}")
        mounted.append(folder)
        subprocess.run(["cp", "-a", f"{aside}/.", folder], check=True)
        shutil.rmtree(aside)

    yield mount
    for folder in mounted:
        server.stop(force=True)
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def leave_a_little(home: Path) -> None:
    fill(home, 20_000)


def leave_nothing(home: Path) -> None:
    """Not even what a server needs to start."""
    server.stop(force=True)
    fill(home, 0)


@pytest.mark.parametrize(
    ("leave", "words"),
    [
        (leave_a_little, "5 error: .*No space left on device.* make room and run it again"),
        (leave_nothing, "5 error: .*No space left on device.*Remove the cause"),
    ],
)
def test_a_full_disk_loses_nothing_is_told_with_a_remedy_and_all_works_with_room_again(
    disk: Disk,
    made_home: Path,
    repository: Make,
    git: Git,
    write: Write,
    leave: Leave,
    words: str,
) -> None:
    disk(made_home, "400m")
    root = repository(SMALL)
    assert record(root).returncode == 0
    before = stored(server.start())
    write(root, LARGE)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "More")

    leave(made_home)
    done = record(root)
    told = f"{done.returncode} {done.stderr}"
    assert re.match(words, told, re.DOTALL), told

    (made_home / "filler").unlink()
    done = record(root)
    assert done.returncode == 0, done.stderr
    found = stored(server.start())
    assert before.runs.items() <= found.runs.items() and found.strays == 0
    [run] = [found.runs[key] for key in found.finished.keys() - before.runs.keys()]
    assert len(run.symbols) == 3001


def test_a_full_temporary_folder_is_told_and_nothing_less_is_recorded(
    disk: Disk, repository: Make, installed_database: str, tmp_path: Path
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    disk(temporary, "64k")
    done = record(
        repository(LARGE), "graph", TMPDIR=str(temporary), GRAPH_SITTER_DB_URL=installed_database
    )
    assert (done.returncode, done.stderr.count("\n")) == (4, 1)
    assert "No space left on device" in done.stderr and "set TMPDIR" in done.stderr
    assert not stored(installed_database).finished


def record(root: Path, depth: str = "syntax", **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, "record", str(root), "--depth", depth],
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        check=False,
    )


def fill(folder: Path, left: int) -> None:
    """Leaves so many bytes of the disk that the folder is on."""
    with (folder / "filler").open("wb") as filler:
        os.posix_fallocate(filler.fileno(), 0, shutil.disk_usage(folder).free - left)
