"""Should this change be merged? One verdict for each codebase of a folder."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from graph_sitter_db import query, recording, store
from graph_sitter_db.checkout import Base, Since, Tree, base_of, open_tree, read_file
from graph_sitter_db.db import Database
from graph_sitter_db.errors import RepositoryError, UndecidedError, UsageError
from graph_sitter_db.gate.evidence import Evidence
from graph_sitter_db.gate.measured import measured
from graph_sitter_db.gate.policy import Policy, policy_of, read_policy
from graph_sitter_db.gate.verdict import judged, overall
from graph_sitter_db.model.keys import Family
from graph_sitter_db.model.paths import storable
from graph_sitter_db.model.reports import RunSummary
from graph_sitter_db.model.verdicts import Cause, CommitReport, ConditionReport, Verdict
from graph_sitter_db.pipeline import Progress
from graph_sitter_db.settings import loads


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    path: str | Path = "."
    run: str | None = None  # None: what lies at the path
    base: str | None = None  # None: as CI says, else where HEAD left the default branch
    policy: str | Path | None = None  # None: the repository's own, else the built-in one
    language: str | None = None
    record_base: bool = False
    environment: Mapping[str, str] | None = None  # None: this process's
    progress: Progress | None = None


def judge(database: Database, asked: Question) -> list[Verdict]:
    """A codebase of which the state or the base is not recorded is undecided, never passed."""
    heads = _heads(database, asked)
    policy = _policy(asked)
    return [_of_codebase(database, asked, policy, head) for head in heads]


def _policy(asked: Question) -> Policy:
    if asked.policy is not None:
        return read_policy(asked.policy)
    name = "pyproject.toml"
    return policy_of(read_file(asked.path, None, name), storable(str(Path(asked.path) / name)))


def _heads(database: Database, asked: Question) -> list[RunSummary]:
    from graph_sitter_db import lookup

    if asked.run is not None:
        return [lookup.find_run(database, asked.run, asked.path, asked.language)]
    tree = _tree(asked)
    families = [family for family in tree.families() if asked.language in (None, family.value)]
    if not families:
        raise UndecidedError(f"There is nothing to judge in {asked.path}: no source file.")
    database.check_known()
    return [_head(database, asked, tree, family) for family in families]


def _tree(asked: Question) -> Tree:
    source = storable(str(Path(asked.path) / "pyproject.toml"))
    settings = loads(read_file(asked.path, None, "pyproject.toml"), source)
    return open_tree(asked.path, include=settings.include, exclude=settings.exclude)


def _head(database: Database, asked: Question, tree: Tree, family: Family) -> RunSummary:
    origin = tree.origin
    with database.transaction(read_only=True) as connection:
        codebases = query.find_codebases(
            connection, origin.full_name, origin.root_path, origin.provider
        )
        for each in (each for each in codebases if each.language == family):
            if origin.commit is None:
                found = query.latest_run(connection, each.id)
            else:
                found = query.commit_run(
                    connection, each.id, origin.commit.sha, is_tree=origin.is_working_tree
                )
            if found and origin.is_working_tree:
                _check_unchanged(tree, family, query.contents(connection, found.id), asked)
            if found:
                return found
    what = f"commit {origin.commit.sha[:12]}" if origin.commit else "the folder"
    if origin.commit and origin.is_working_tree:
        what = f"the uncommitted state on {what}"
    raise UndecidedError(
        f"Of {_name(origin.full_name, origin.root_path)} ({family}), {what} is not recorded; "
        f"record it with: graph-sitter-db record {asked.path}"
    )


def _check_unchanged(
    tree: Tree, family: Family, known: Mapping[str, bytes], asked: Question
) -> None:
    """What is judged must be what lies there. A commit cannot change, a folder can."""
    now = {storable(each.path): each.sha256 for each in tree.sources(family)}
    if now != known:
        changed = sorted({*now.items()} ^ {*known.items()})[0][0]
        raise UndecidedError(
            f"{changed} has changed since the folder was recorded ({family}); record it again "
            f"with: graph-sitter-db record {asked.path}"
        )


def _of_codebase(database: Database, asked: Question, policy: Policy, head: RunSummary) -> Verdict:
    family = Family(head.language)
    found = Base((), asked.base or "")
    try:
        found = _base_of(asked, head)
        since = Since(asked.path, (found.commits or ("",))[0], head.commit or "")
        base = _base(database, asked, head, found, since)
    except UndecidedError as error:
        return _kept(database, _undecided(policy, head, found, str(error)))
    if base and base.commit and base.commit not in found.commits[:1]:
        since = Since(asked.path, base.commit, head.commit or "")
    lines = None if head.is_working_tree else since.added(family)
    with database.transaction(read_only=True) as connection:
        evidence = Evidence(connection, base, head, lines)
        conditions = [*_conditions(policy, evidence, since)]
        notes = [*_notes(evidence, since)]
        changed_lines = sum(evidence.added.values())
    verdict = Verdict(
        key=f"{head.codebase} ({head.language})",
        status=overall(conditions),
        run=head,
        base=base,
        base_told=found.told,
        reason=None,
        policy=policy.source,
        changed_lines=changed_lines,
        conditions=conditions,
        notes=notes,
    )
    return _kept(database, verdict)


def _kept(database: Database, verdict: Verdict) -> Verdict:
    store.keep_verdict(database, verdict.run.id, verdict.model_dump(mode="json"))
    return verdict


def _base_of(asked: Question, head: RunSummary) -> Base:
    if head.commit is None:
        return Base((), asked.base or "")
    environment = os.environ if asked.environment is None else asked.environment
    return base_of(asked.path, head.commit, asked.base, environment, is_tree=head.is_working_tree)


def _base(
    database: Database, asked: Question, head: RunSummary, found: Base, since: Since
) -> RunSummary | None:
    """None where the base has nothing of the codebase."""
    if not found.commits:
        return _named(database, head, found.told)
    with database.transaction(read_only=True) as connection:
        configuration = query.definitions_of(connection, head.id).digest
        for sha in found.commits:
            base = query.commit_run(
                connection, head.codebase_id, sha, depth=head.depth, configuration=configuration
            )
            if base and base.depth == head.depth:
                return base
    if since.holds(Family(head.language)) is False:
        return None
    if asked.record_base:
        return _recorded(database, asked, head, found.commits[0])
    raise UndecidedError(_missing(asked, head, found))


def _named(database: Database, head: RunSummary, name: str) -> RunSummary:
    if not name:
        raise UndecidedError(
            "There is no commit that the base could follow from: name a recorded run with --base."
        )
    with database.transaction(read_only=True) as connection:
        try:
            base = query.run(connection, name, codebase_id=head.codebase_id)
        except UsageError as error:
            raise UndecidedError(str(error)) from error
    if base.depth != head.depth:
        raise UndecidedError(
            f"Run {base.short_id} is of depth {base.depth}, run {head.short_id} of depth "
            f"{head.depth}: they cannot be compared."
        )
    return base


def _recorded(database: Database, asked: Question, head: RunSummary, sha: str) -> RunSummary:
    try:
        (done,) = recording.record(
            database, asked.path, sha, head.depth, [head.language], asked.progress
        )
    except RepositoryError as error:
        raise UndecidedError(f"The base cannot be recorded: {error}") from error
    with database.transaction(read_only=True) as connection:
        return query.run(connection, done.run_id)


def _missing(asked: Question, head: RunSummary, found: Base) -> str:
    sha = found.commits[0]
    return (
        f"The base {sha[:12]} ({found.told}) is not recorded of {head.codebase} ({head.language}) "
        f"at depth {head.depth}; record it with: graph-sitter-db record {asked.path} --commit {sha}"
        f"{'' if head.depth == 'graph' else ' --depth syntax'}, or add --record-base"
    )


def _conditions(policy: Policy, evidence: Evidence, since: Since) -> Iterator[ConditionReport]:
    is_small = sum(evidence.added.values()) < policy.small_change
    for on, conditions in (("project", policy.project), ("patch", policy.patch)):
        for name, condition in conditions.items():
            found = measured(evidence, condition, name, on)
            report = judged(
                condition, name, on, found, is_small=is_small, is_new=evidence.before is None
            )
            causes = [_with_commits(cause, evidence.after, since) for cause in report.causes]
            yield report.model_copy(update={"causes": causes})


def _with_commits(cause: Cause, head: RunSummary, since: Since) -> Cause:
    if head.is_working_tree:
        return cause
    found = since.touched(cause.path, cause.start_line, cause.end_line)
    commits = [CommitReport(sha=sha, subject=subject) for sha, subject in found[:3]]
    return cause.model_copy(update={"commits": commits})


def _notes(evidence: Evidence, since: Since) -> Iterator[str]:
    if evidence.redefined:
        rules = ", ".join(sorted(evidence.redefined))
        yield (
            "not compared, as they meant something else when the base was recorded, or are set "
            f"otherwise: {rules}"
        )
    if since.is_shallow:
        yield "shallow clone: the commits that moved a number are not known"
    if evidence.after.status == "partial":
        yield f"run {evidence.after.short_id} is partial: something could not be analysed"


def _undecided(policy: Policy, head: RunSummary, found: Base, reason: str) -> Verdict:
    return Verdict(
        key=f"{head.codebase} ({head.language})",
        status="undecided",
        run=head,
        base=None,
        base_told=found.told,
        reason=reason,
        policy=policy.source,
        changed_lines=None,
        conditions=[],
        notes=[],
    )


def _name(full_name: str, root_path: str) -> str:
    return f"{full_name}/{root_path}" if root_path else full_name
