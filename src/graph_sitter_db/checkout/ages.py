"""Since when lines have been there, as git's history tells."""

import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import pygit2

# For one commit with 18,000 before it, git takes a second or two a file.
MOST_SECONDS = 10.0


class Ages:
    """Of one commit's lines. After ten seconds of reading history, what is left stays unknown."""

    def __init__(self, repository: pygit2.Repository, commit: pygit2.Oid, prefix: str) -> None:
        self._repository, self._commit, self._prefix = repository, commit, prefix
        self._left = MOST_SECONDS

    def since(self, path: str, lines: Iterable[int]) -> Mapping[int, datetime]:
        """When each line was written; one that git cannot tell is left out.

        A shallow clone knows nothing older than itself, so it is not asked.
        """
        if self._left <= 0 or self._repository.is_shallow:
            return {}
        started = time.monotonic()
        try:
            wanted = sorted(lines)
            blame = self._repository.blame(
                self._prefix + path,
                newest_commit=self._commit,
                min_line=wanted[0],
                max_line=wanted[-1],
            )
            hunks = {line: blame.for_line(line).final_committer for line in wanted}
            return {n: datetime.fromtimestamp(who.time, UTC) for n, who in hunks.items() if who}
        except (pygit2.GitError, IndexError, KeyError, ValueError):
            return {}
        finally:
            self._left -= time.monotonic() - started
