"""The command line, `graph-sitter-db` or `gsdb`: one module per verb, loaded when it is called."""

import sys
from typing import NoReturn


def main() -> NoReturn:
    from graph_sitter_db.cli.entry import run

    sys.exit(run(sys.argv[1:]))
