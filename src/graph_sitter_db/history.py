"""The adapter's methods about the past: to record it, and to ask what became of the code."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from graph_sitter_db import query
from graph_sitter_db.errors import UsageError
from graph_sitter_db.model.keys import Depth

if TYPE_CHECKING:
    from datetime import datetime

    from graph_sitter_db.db import Database
    from graph_sitter_db.model.reports import BackfillReport, RunSummary
    from graph_sitter_db.model.retrospect import (
        Couplings,
        Hotspots,
        IssueHistory,
        Owners,
        RetentionReport,
        Trend,
    )
    from graph_sitter_db.pipeline import Progress


class History:
    """For an adapter, which says where the database is."""

    _target: Any
    _organization: str

    @property
    def _database(self) -> Database:
        raise NotImplementedError

    def resolve(
        self,
        reference: UUID | str | None = None,
        *,
        path: str | Path = ".",
        language: str | None = None,
    ) -> RunSummary:
        raise NotImplementedError

    def backfill(
        self,
        path: str | Path = ".",
        *,
        reach: str | None = None,
        since: datetime | None = None,
        tags: bool = False,
        first_parent: bool = False,
        last: int | None = None,
        every: int = 1,
        depth: str = Depth.SYNTAX,
        languages: Iterable[str] | None = None,
        jobs: int = 1,
        progress: Progress | None = None,
    ) -> BackfillReport:
        """Record commits of a repository's past, read from git: nothing is checked out.

        All that HEAD reaches, or what a revision or range `A..B` does; the rest narrows that down,
        counted from the newest back. What is recorded already is left alone, so that a backfill
        goes on where one was stopped. `jobs` processes share the commits; then `db` must be a URL,
        or the embedded server.
        """
        from graph_sitter_db import recording
        from graph_sitter_db.backfill import Task, backfill, backfill_parallel
        from graph_sitter_db.checkout import Choice, commits

        started = time.monotonic()
        choice = Choice(
            reach=reach,
            since=since,
            tags=tags,
            first_parent=first_parent,
            last=last,
            every=every,
        )
        families = tuple(recording.family_named(each) for each in languages or ())
        task = Task(str(path), families, recording.depth_of(depth))
        shas = commits(path, choice)
        database = self._database
        if jobs == 1:
            tally = backfill(database, task, shas, progress)
        elif self._target is None or isinstance(self._target, str):
            organization = self._organization
            tally = backfill_parallel(self._target, organization, task, shas, jobs, progress)
        else:
            raise UsageError("Several processes need a database URL, not a connection or Engine.")
        from graph_sitter_db.model.reports import BackfillReport

        return BackfillReport(
            commits=len(shas),
            recorded=tally.recorded,
            already=tally.already,
            empty=tally.empty,
            files_analyzed=tally.files,
            failures=tally.failures,
            seconds=round(time.monotonic() - started, 3),
        )

    def trend(
        self,
        metric: str = "quality_score",
        *,
        path: str | Path = ".",
        file: str | None = None,
        symbol: str | None = None,
        folder: str | None = None,
        since: datetime | None = None,
        all_parents: bool = False,
        depth: str | None = None,
        language: str | None = None,
    ) -> Trend:
        """How a metric changed along the first parents of what is checked out at `path`."""
        from graph_sitter_db import retrospect

        if sum(each is not None for each in (file, symbol, folder)) > 1:
            raise UsageError("A trend is of a file, a symbol or a folder: choose one.")
        return retrospect.trend(
            self._database,
            self.resolve(path=path, language=language),
            path,
            metric,
            file=file,
            symbol=symbol,
            folder=folder,
            since=since,
            depth=depth,
            all_parents=all_parents,
        )

    def hotspots(
        self,
        run: RunSummary,
        path: str | Path = ".",
        *,
        since: datetime | None = None,
        limit: int = 20,
    ) -> Hotspots:
        """Files of a run by commits × cognitive complexity × (1 + files that depend on them)."""
        from graph_sitter_db import retrospect
        from graph_sitter_db.checkout import Choice

        return retrospect.hotspots(self._database, run, path, Choice(since=since), limit)

    def coupling(
        self,
        run: RunSummary,
        path: str | Path = ".",
        *,
        since: datetime | None = None,
        min_revs: int = 5,
        min_shared: int = 5,
        min_degree: int = 30,
        max_files: int = 30,
        related: bool = False,
    ) -> Couplings:
        """Files that change together; `related`: also where one depends on the other."""
        from graph_sitter_db import retrospect
        from graph_sitter_db.behaviour import Limits
        from graph_sitter_db.checkout import Choice

        limits = Limits(
            min_revs=min_revs, min_shared=min_shared, min_degree=min_degree, max_files=max_files
        )
        return retrospect.coupling(
            self._database, run, path, Choice(since=since), limits, related=related
        )

    def owners(
        self, run: RunSummary, path: str | Path = ".", *, since: datetime | None = None
    ) -> Owners:
        """Who knows the files of a run, and how many people the code can lose."""
        from graph_sitter_db import retrospect
        from graph_sitter_db.checkout import Choice

        return retrospect.owners(self._database, run, path, Choice(since=since))

    def issue_history(
        self, codebase_id: UUID, fingerprint: str, path: str | None = None
    ) -> IssueHistory:
        """Which commits introduced and fixed an issue, by its fingerprint or how that begins."""
        with self._database.transaction(read_only=True) as connection:
            return query.issue_history(connection, codebase_id, fingerprint, path)

    def retain(
        self,
        run: RunSummary,
        path: str | Path = ".",
        *,
        every: int = 30,
        daily: int = 90,
        weekly: int = 365,
        monthly: int | None = None,
        dry_run: bool = False,
    ) -> RetentionReport:
        """Drop runs of the codebase that `run` is of, by the age of their commits in days.

        All stay up to `every`, then one a day, one a week, one a month (`monthly`; None: for ever).
        """
        from graph_sitter_db import retaining
        from graph_sitter_db.model.retention import Policy

        policy = Policy(every=every, daily=daily, weekly=weekly, monthly=monthly)
        return retaining.retain(self._database, run, path, policy, dry_run=dry_run)

    def pin(self, run_id: UUID, pinned: bool = True) -> None:
        """Keep a run whatever its age, or no longer."""
        from graph_sitter_db import store

        store.pin(self._database, run_id, pinned)
