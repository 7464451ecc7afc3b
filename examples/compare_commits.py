"""What changed between two commits: `python compare_commits.py PATH BEFORE AFTER`.

The commits are read from git; the working tree is not touched. A commit that is recorded already
is not analysed again. A repository in several languages gives one comparison for each.
"""

import sys

from graph_sitter_db import CodebaseDBAdapter

if len(sys.argv) != 4:
    sys.exit("usage: compare_commits.py PATH BEFORE AFTER")
path, *commits = sys.argv[1:]
with CodebaseDBAdapter() as adapter:
    first, second = ({r.language: r for r in adapter.record(path, commit=c)} for c in commits)
    for language in sorted(first.keys() & second.keys()):
        changes = adapter.compare_analyses(str(first[language].id), str(second[language].id))
        print(f"{changes.after.codebase} ({language}): score {changes.score_change or 0:+.1f}")
        for symbol in changes.symbols:
            print(f"  {symbol.change:8}{symbol.path}: {symbol.key}")
        for issue in changes.issues_new:
            print(f"  introduced {issue.path}:{issue.start_line}: {issue.message}")
        for issue in changes.issues_fixed:
            print(f"  fixed {issue.path}: {issue.message}")
    for language in sorted(first.keys() ^ second.keys()):
        print(f"{language}: only in {commits[language in second]}")
