"""`CodebaseDBAdapter`: the one place that knows every part and puts them together."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any
from uuid import UUID

from graph_sitter_db import lookup, query
from graph_sitter_db.db import Database, prepare_database
from graph_sitter_db.errors import UsageError
from graph_sitter_db.history import History
from graph_sitter_db.model.keys import Depth
from graph_sitter_db.present.enhanced import enhanced_summary

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy import Engine

    from graph_sitter_db.model.exports import Exported, ExportedValues
    from graph_sitter_db.model.reports import (
        AnalysisResult,
        Comparison,
        Dependencies,
        Explanation,
        FileAnalysis,
        FileReport,
        IssueReport,
        Measurements,
        MetricDefinition,
        RuleReport,
        RunSummary,
        SymbolReport,
        Trends,
    )
    from graph_sitter_db.model.verdicts import Verdict
    from graph_sitter_db.pipeline import Progress

type Reference = UUID | str


class CodebaseDBAdapter(History):
    """Records analyses in PostgreSQL and answers from there, for one organization.

    `db` is a URL, a SQLAlchemy Engine or a psycopg connection (which stay yours to close); without
    it `GRAPH_SITTER_DB_URL`, else the embedded server, which is started when nobody has yet. It is
    connected to by the first call that needs it, so a database that is down stops no script early.

    >>> with CodebaseDBAdapter() as adapter:
    ...     for result in adapter.record("~/src/click"):
    ...         print(result.quality_score, result.grade)

    Errors are `GraphSitterDBError`s that name the remedy.
    """

    def __init__(
        self,
        db: str | Engine | psycopg.Connection[Any] | None = None,
        organization: str | None = None,
        *,
        upgrade: bool = False,
    ) -> None:
        chosen = organization or os.environ.get("GRAPH_SITTER_DB_ORGANIZATION") or "default"
        self._open = prepare_database(db, chosen, upgrade=upgrade)
        self._target, self._organization = db, chosen

    def __enter__(self) -> CodebaseDBAdapter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @cached_property
    def _database(self) -> Database:
        return self._open()

    def close(self) -> None:
        if "_database" in self.__dict__:
            self._database.close()

    def record(
        self,
        path: str | Path = ".",
        *,
        commit: str | None = None,
        depth: str = Depth.GRAPH,
        languages: Iterable[str] | None = None,
        progress: Progress | None = None,
        coverage: Iterable[str | Path] = (),
        reports: Iterable[str | Path] = (),
    ) -> list[AnalysisResult]:
        """Analyse a folder, or one of its repository's commits: one run per language family.

        A commit that was recorded with the same settings is not analysed again, its run returned.
        What the files of `coverage` (Cobertura, lcov) say is kept with the run, new or not, in
        place of what was known of its coverage; so is what the files of `reports` say (SARIF,
        SonarQube's generic issues, JUnit).
        """
        from graph_sitter_db import recording

        runs = recording.record(
            self._database, path, commit, depth, languages, progress, coverage, reports
        )
        return [self._result(each.run_id, each.already, each.rows, path) for each in runs]

    def spool(
        self,
        path: str | Path = ".",
        *,
        folder: str | Path,
        commit: str | None = None,
        depth: str = Depth.GRAPH,
        languages: Iterable[str] | None = None,
        progress: Progress | None = None,
        coverage: Iterable[str | Path] = (),
        reports: Iterable[str | Path] = (),
    ) -> list[Path]:
        """As `record`, but into files in `folder`, for a time when no database can be reached."""
        from graph_sitter_db import spooling

        return spooling.spool(path, commit, depth, languages, progress, coverage, folder, reports)

    def flush(self, folder: str | Path) -> list[AnalysisResult]:
        """Record what was spooled to a folder; each file is removed once it is recorded.

        UsageError where one cannot be read, when all others are recorded; that one stays.
        """
        from graph_sitter_db import spooling

        runs = spooling.flush(self._database, folder)
        return [self._result(each.run_id, each.already, each.rows) for each in runs]

    def analyze_codebase_enhanced(
        self, codebase: Any, analysis_config: Mapping[str, object] | None = None
    ) -> AnalysisResult:
        """Record a graph-sitter `Codebase` as it is in memory.

        `analysis_config` takes the keys of `[tool.graph-sitter-db]`: limits, disable, paths …
        """
        from graph_sitter_db import recording

        each = recording.record_codebase(self._database, codebase, analysis_config or {})
        return self._result(each.run_id, each.already, each.rows)

    def get_file_analysis_enhanced(self, file: Any, store_results: bool = True) -> FileAnalysis:
        """Facts, metrics and the file's own issues; `store_results` keeps this version for runs."""
        from graph_sitter_db import single

        return single.analyse_file(self._database, file, store_results)

    def get_symbol_analysis(self, symbol: Any) -> tuple[SymbolReport | None, list[IssueReport]]:
        """What is known of a graph-sitter symbol, and the issues in it."""
        from graph_sitter_db import single

        return single.analyse_symbol(self._database, symbol)

    def get_historical_analysis(
        self, codebase_id: Reference, days_back: int = 30
    ) -> list[RunSummary]:
        """Finished runs of the last days, newest first."""
        codebase = _uuid(codebase_id)
        with self._reading() as connection:
            return query.runs(
                connection, codebase_id=codebase, days=days_back, finished=True, limit=None
            )

    def get_quality_trends(self, repository_id: Reference | None = None) -> Trends:
        """Scores over time: of one repository (a run's `repository_id`), or of all of them."""
        repository = None if repository_id is None else _uuid(repository_id)
        with self._reading() as connection:
            return query.trends(connection, repository_id=repository)

    def compare_analyses(
        self,
        analysis_id_1: Reference,
        analysis_id_2: Reference,
        *,
        path: str | Path | None = None,
    ) -> Comparison:
        """What the second run has, lacks or does differently; each an id, commit or branch.

        With the repository at `path`, files and symbols are followed to other paths and names.
        """
        with self._reading() as connection:
            before = query.run(connection, str(analysis_id_1))
            try:
                after = query.run(connection, str(analysis_id_2), codebase_id=before.codebase_id)
            except UsageError:  # of another codebase: let the comparison say so
                after = query.run(connection, str(analysis_id_2))
            if path is None:
                return query.compare(connection, before.id, after.id)
        from graph_sitter_db import comparing

        return comparing.compare(self._database, before, after, path)

    def check(self, path: str | Path = ".") -> list[IssueReport]:
        """Issues of the files that are staged in git, new or existing; asks no database."""
        from graph_sitter_db import checking

        return checking.check(path)

    def gate(
        self,
        path: str | Path = ".",
        *,
        run: str | None = None,
        base: str | None = None,
        policy: str | Path | None = None,
        language: str | None = None,
        record_base: bool = False,
        environment: Mapping[str, str] | None = None,
        progress: Progress | None = None,
    ) -> list[Verdict]:
        """Whether what lies at `path` (or `run`) may be merged: one verdict for each language.

        It is compared with `base`, a revision or a run; without it with where it left the branch
        that CI says it is to go into, else the default branch. `record_base` records a base that
        is not. The verdict is kept with the run. UndecidedError where nothing is recorded to judge.
        """
        from graph_sitter_db import gate

        asked = gate.Question(
            path=path,
            run=run,
            base=base,
            policy=policy,
            language=language,
            record_base=record_base,
            environment=environment,
            progress=progress,
        )
        return gate.judge(self._database, asked)

    def verdict(self, run: UUID) -> Verdict | None:
        """What the gate said of a run when it was last asked; None: it never was."""
        with self._reading() as connection:
            return query.verdict(connection, run)

    def export(self, run: UUID, path: str | Path = ".", *, hashes: bool = False) -> Exported:
        """All that a format may tell of a run, for `present.exporters`.

        `hashes` adds GitHub's hash of each line with an issue, from the repository at `path`.
        """
        from graph_sitter_db import exporting

        about = self.resolve(run)
        return exporting.exported(self._database, about, path, hashes=hashes)

    def export_values(self, run: UUID) -> ExportedValues:
        """Every value that was measured in a run, for `present.exporters.parquet`."""
        from graph_sitter_db import exporting

        return exporting.exported_values(self._database, self.resolve(run))

    def resolve(
        self,
        reference: Reference | None = None,
        *,
        path: str | Path = ".",
        language: str | None = None,
    ) -> RunSummary:
        """The run a reference means; without one, the newest of the repository at `path`."""
        return lookup.find_run(self._database, reference, path, language)

    def other_languages(self, run: UUID) -> list[str]:
        """In which the folder of a run is recorded, too."""
        with self._reading() as connection:
            return query.other_languages(connection, run)

    def runs(
        self,
        *,
        path: str | Path | None = None,
        branch: str | None = None,
        unfinished: bool = False,
        limit: int | None = 20,
    ) -> list[RunSummary]:
        """Newest first; without a path, of every repository of the organization.

        `unfinished` takes in those that failed, are under way or were killed.
        """
        where = None if path is None else lookup.place_at(path)
        with self._reading() as connection:
            return query.runs(
                connection,
                repository=where.full_name if where else None,
                provider=where.provider if where else None,
                branch=branch,
                finished=not unfinished,
                limit=limit,
            )

    def files(self, run: UUID, pattern: str | None = None) -> list[FileReport]:
        with self._reading() as connection:
            return query.files(connection, run, pattern)

    def symbols(
        self, run: UUID, query_text: str, kind: str | None = None, limit: int = 50
    ) -> list[SymbolReport]:
        with self._reading() as connection:
            return query.symbols(connection, run, query_text, kind, limit)

    def metrics(self, run: UUID, place: str | None = None) -> Measurements:
        """All that was measured of the codebase, or of a folder, a file or a symbol in it."""
        with self._reading() as connection:
            return query.metrics(connection, run, place)

    def metric_definitions(self) -> list[MetricDefinition]:
        """What each metric means that a recording would measure now."""
        from graph_sitter_db import plugins
        from graph_sitter_db.measure.definitions import definitions

        return definitions(plugins.metrics())

    def dependencies(self, run: UUID, symbol: str) -> Dependencies:
        with self._reading() as connection:
            return query.dependencies(connection, run, symbol)

    def issues(
        self,
        run: UUID,
        severity: str | None = None,
        rule: str | None = None,
        path: str | None = None,
        limit: int | None = None,
        *,
        accepted: bool = False,
    ) -> list[IssueReport]:
        """What is open, the gravest first, other tools' findings with it; `accepted`: what comments
        in the code accept instead.
        """
        asked = query.accepted_issues if accepted else query.with_reported
        with self._reading() as connection:
            return asked(connection, run, severity, rule, path, limit)

    def explain(self, run: UUID, rule: str | None = None, path: str | None = None) -> Explanation:
        """Where the points went: each lost one traced to an issue, worst first."""
        with self._reading() as connection:
            return query.explain(connection, run, rule, path)

    def rules(self, path: str | Path = ".") -> list[RuleReport]:
        """All rules there are, as the settings of the repository at `path` have them."""
        from graph_sitter_db import catalogue

        return catalogue.rules(Path(path))

    def run_rule(self, file: str | Path, run: UUID, since: UUID | None = None) -> list[IssueReport]:
        """What a rule written in SQL finds in a stored run; `since` tells new from existing."""
        rule = query.sql_rule(_text(file), str(file))
        with self._reading() as connection:
            found = query.ask_rule(connection, rule, run)
            if since is None:
                return found
            known = {issue.fingerprint for issue in query.ask_rule(connection, rule, since)}
        states = {True: "existing", False: "new"}
        return [
            issue.model_copy(update={"lifecycle": states[issue.fingerprint in known]})
            for issue in found
        ]

    def result(self, run: UUID) -> AnalysisResult:
        """A stored run as `record` returned it."""
        return self._result(run, already=True, rows={})

    def summary(self, run: UUID) -> str:
        """The enhanced summary of a stored run."""
        return enhanced_summary(self.result(run))

    def _result(
        self,
        run: UUID,
        already: bool,
        rows: Mapping[str, int],
        path: str | Path | None = None,
    ) -> AnalysisResult:
        def followed(before: RunSummary, after: RunSummary) -> query.Known | None:
            if path is None:
                return None
            from graph_sitter_db import comparing  # which loads git

            return comparing.followed(connection, before, after, path)

        with self._reading() as connection:
            result = query.result(connection, run, followed)
        return result.model_copy(update={"already_recorded": already, "rows_written": dict(rows)})

    def _reading(self) -> Any:
        self._database.check_known()
        return self._database.transaction(read_only=True)


def create_enhanced_analyzer(
    db_connection: str | Engine | psycopg.Connection[Any] | None = None,
    organization_id: str | None = None,
) -> CodebaseDBAdapter:
    """The adapter, under the name older scripts call."""
    return CodebaseDBAdapter(db_connection, organization_id)


def _text(file: str | Path) -> str:
    try:
        return Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from error


def _uuid(value: Reference) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        raise UsageError(f"{value!r} is no id; ids are UUIDs such as a result's.") from None
