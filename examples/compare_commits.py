"""What changed between two commits: `python compare_commits.py PATH BEFORE AFTER`.

The commits are read from git; the working tree is not touched. A commit that is recorded already
is not analysed again. A repository in several languages gives one comparison for each.
"""

import sys

from graph_sitter_db import CodebaseDBAdapter

path, *commits = sys.argv[1:]
with CodebaseDBAdapter() as adapter:
    recorded = [adapter.record(path, commit=commit) for commit in commits]
    for before, after in zip(*recorded, strict=True):
        changes = adapter.compare_analyses(str(before.id), str(after.id))
        print(f"{after.repository} ({after.language}): score {changes.score_change or 0:+.1f}")
        for symbol in changes.symbols:
            print(f"  {symbol.change:8}{symbol.path}: {symbol.key}")
        for issue in changes.issues_new:
            print(f"  introduced {issue.path}:{issue.start_line}: {issue.message}")
        for issue in changes.issues_fixed:
            print(f"  fixed {issue.path}: {issue.message}")
