"""A script that printed `get_codebase_summary(codebase)`, with what the database knows added.

`python enhanced_summary.py PATH [LANGUAGE]`. If the database fails, the summary is still printed.
"""

import sys

from graph_sitter import Codebase

from graph_sitter_db import CodebaseDBAdapter, get_codebase_summary_enhanced

if len(sys.argv) < 2:
    sys.exit("usage: enhanced_summary.py PATH [LANGUAGE]")
path, language = (*sys.argv[1:], "python")[:2]
codebase = Codebase(path, language=language)
with CodebaseDBAdapter() as adapter:
    print(get_codebase_summary_enhanced(codebase, adapter))
