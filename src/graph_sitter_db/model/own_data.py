"""Our own data as bytes. Reading runs nothing: what a file from elsewhere names is not called."""

import io
import pickle
from functools import cache
from importlib import import_module
from typing import Any

_OURS = "graph_sitter_db.model."
# What else the data consist of.
_PLAIN = {
    ("datetime", "datetime"),
    ("datetime", "timedelta"),
    ("datetime", "timezone"),
    ("builtins", "frozenset"),
    ("builtins", "set"),
}

# What reading raises of bytes that are damaged or not ours.
DAMAGES = (EOFError, pickle.UnpicklingError, AttributeError, ImportError, TypeError, ValueError)


def dumps(value: object) -> bytes:
    return pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)


def loads(data: bytes) -> Any:
    """Raises one of `DAMAGES`."""
    return _Data(io.BytesIO(data)).load()


class _Data(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str) -> Any:
        return _class(module_name, global_name)


@cache
def _class(module_name: str, global_name: str) -> Any:
    if (module_name, global_name) not in _PLAIN and not module_name.startswith(_OURS):
        raise pickle.UnpicklingError(f"{module_name}.{global_name} is no data of ours")
    found = getattr(import_module(module_name), global_name)
    # What a module of ours only imports is not ours either.
    if not isinstance(found, type) or found.__module__ != module_name:
        raise pickle.UnpicklingError(f"{module_name}.{global_name} is no class of ours")
    return found
