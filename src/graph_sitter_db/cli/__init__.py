"""The command line, `graph-sitter-db` or `gsdb`: one module per verb, loaded when it is called."""

import gc
import os
import sys
from typing import NoReturn


def main() -> NoReturn:
    # What is imported is no garbage: searching it, also at the end, takes a fifth of a short
    # command's time. `Session.adapter` switches the search on for the work itself.
    gc.disable()
    # Else pydantic reads the metadata of every installed package for plug-ins: another tenth.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        from graph_sitter_db.cli.entry import run
    except KeyboardInterrupt:  # not with a traceback through what was being imported
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    code = run(sys.argv[1:])
    gc.freeze()
    sys.exit(code)
