"""Record a repository and print its worst findings: `python analyse_repository.py [PATH]`."""

import sys

from graph_sitter_db import CodebaseDBAdapter

with CodebaseDBAdapter() as adapter:
    for result in adapter.record(sys.argv[1] if len(sys.argv) > 1 else "."):
        print(f"{result.repository} ({result.language}): {result.quality_score:.1f} {result.grade}")
        for issue in sorted(result.issues, key=lambda issue: -issue.effort_minutes)[:5]:
            print(f"  {issue.path}:{issue.start_line}: {issue.message}")
