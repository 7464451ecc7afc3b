"""Loads graph_sitter without letting it reconfigure the host process.

On import it removes the root logger's handlers, replaces `sys.excepthook`, adds handlers that print
to stdout, changes the working directory and loads the `.env` of whatever repository the process
stands in over `os.environ`. Some of that happens again with every configuration object it makes.
"""

import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any

_MAIN = "graph_sitter.core.codebase"
# What it would load later on, when memory may be limited already.
_LATE = (
    "graph_sitter.codebase.node_classes.py_node_classes",
    "graph_sitter.codebase.node_classes.ts_node_classes",
    "graph_sitter.typescript.config_parser",
)
_lock = RLock()


def load() -> ModuleType:
    """`graph_sitter.codebase.codebase_analysis`, with all it needs imported: slow at first."""
    with _lock:
        known = _MAIN in sys.modules
        with _host_kept(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            analysis = import_module("graph_sitter.codebase.codebase_analysis")
            for module in _LATE:
                import_module(module)
            if not known:
                _silence()
        return analysis


def _silence() -> None:
    """Modules loaded and configuration objects made later would do the same things again."""
    import graph_sitter.configs.models.base_config as base_config
    import graph_sitter.shared.logging.get_logger as loggers

    _replace(loggers, "_setup_exception_logging", lambda logger: None)
    _replace(loggers, "_setup_logger", lambda name, level=0: logging.getLogger(name))
    _replace(base_config, "load_dotenv", lambda *args, **kwargs: False)
    handlers = (loggers.stdout_handler, loggers.stderr_handler)
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if name.startswith("graph_sitter") and isinstance(logger, logging.Logger):
            for handler in handlers:
                logger.removeHandler(handler)
            logger.setLevel(logging.NOTSET)
    top = logging.getLogger("graph_sitter")
    if top.level == logging.NOTSET:  # its troubles are collected as failures, not printed
        top.setLevel(logging.CRITICAL + 1)


def _replace(module: Any, name: str, function: Callable[..., Any]) -> None:
    setattr(module, name, function)


@contextmanager
def _host_kept() -> Iterator[None]:
    root, hook = logging.getLogger(), sys.excepthook
    handlers, level = list(root.handlers), root.level
    environment, folder = dict(os.environ), _folder()
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")  # GitPython insists on a git program
    try:
        yield
    finally:
        sys.excepthook = hook
        root.handlers[:] = handlers
        root.setLevel(level)
        for name in set(os.environ) - set(environment):
            del os.environ[name]
        os.environ.update(environment)
        if folder is not None:
            with suppress(OSError):
                os.chdir(folder)


def _folder() -> Path | None:
    with suppress(OSError):  # the working directory may have been deleted
        return Path.cwd()
    return None
