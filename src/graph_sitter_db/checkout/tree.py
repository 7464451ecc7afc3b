"""What checkout hands on: the files of a folder or of a commit, read when they are asked for."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from graph_sitter_db.checkout.ages import Ages
from graph_sitter_db.checkout.export import exported
from graph_sitter_db.languages import family_of, is_manifest, language_of
from graph_sitter_db.model.facts import Source
from graph_sitter_db.model.keys import Family
from graph_sitter_db.model.paths import storable
from graph_sitter_db.model.relations import Failure
from graph_sitter_db.model.snapshot import Origin

TAKEN = "once written out, its name is another file's: rename one"

type Reader = Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Entry:
    """One file; `read` raises OSError when its bytes cannot be had."""

    path: str
    read: Reader


class Tree:
    """The files of one point of history, or of a folder as it lies.

    `entries` are the sources, `support` the files that only steer how imports resolve. `ages`
    tells how old lines are, where all files are those of a commit.
    """

    def __init__(
        self,
        origin: Origin,
        entries: Sequence[Entry],
        support: Sequence[Entry] = (),
        failures: Sequence[Failure] = (),
        ages: Ages | None = None,
    ) -> None:
        self.origin = origin
        self.ages = ages
        self._failures = dict.fromkeys(failures)
        self.entries = tuple(self._distinct(sorted(entries, key=lambda entry: entry.path)))
        self.support = tuple(sorted(support, key=lambda entry: entry.path))

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Files that could not be read so far; complete once all sources were read."""
        return tuple(sorted(self._failures, key=lambda failure: (failure.path, failure.message)))

    def families(self) -> dict[Family, int]:
        """Number of source files by family, the larger first; empty: nothing to analyse."""
        counts = Counter(family for entry in self.entries if (family := family_of(entry.path)))
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def sources(self, family: Family) -> Iterator[Source]:
        """The family's files by path; unreadable ones are left out and listed in `failures`."""
        for entry in self.entries:
            language = language_of(entry.path)
            if language is None or family_of(entry.path) is not family:
                continue
            content = self._content(entry)
            if content is not None:
                yield Source(entry.path, language, content, hashlib.sha256(content).digest())

    def manifests(self) -> dict[str, bytes]:
        """By path the files in which packages say what of them is for others."""
        read = {each.path: self._content(each) for each in self.support if is_manifest(each.path)}
        return {path: content for path, content in read.items() if content is not None}

    def digest(self, family: Family) -> bytes | None:
        """Of all that decides what a recording of the family finds; None: not all can be read."""
        digest = hashlib.sha256()
        for entry in (*self.entries, *self.support):
            if family_of(entry.path) not in (family, None):
                continue
            content = self._content(entry)
            if content is None:
                return None
            path = entry.path.encode(errors="surrogateescape")
            digest.update(b"%d %s %d " % (len(path), path, len(content)))
            digest.update(content)
        return digest.digest()

    def export(self) -> AbstractContextManager[Path]:
        """A private folder with the sources and what they need to resolve; removed at the end.

        They lie there under `prefix`, as in the whole repository.
        """
        return exported((*self.entries, *self.support), self.prefix, self._content, self._fail)

    @property
    def prefix(self) -> str:
        """The recorded folder's path inside its repository, with a "/" at its end; "" for all."""
        return f"{self.origin.root_path}/" if self.origin.root_path else ""

    def _distinct(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        seen: set[str] = set()
        for entry in entries:
            if (name := storable(entry.path)) in seen:
                self._fail(entry.path, TAKEN)
            else:
                seen.add(name)
                yield entry

    def _content(self, entry: Entry) -> bytes | None:
        try:
            return entry.read()
        except OSError as error:
            self._fail(entry.path, error.strerror or str(error))
            return None

    def _fail(self, path: str, message: str) -> None:
        self._failures[Failure(path, "read", "", message)] = None
