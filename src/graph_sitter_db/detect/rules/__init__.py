"""Built-in rules, one a file. A file that puts a `RULE` into this folder needs no other
registration.
"""

from importlib import import_module
from pkgutil import iter_modules

from graph_sitter_db.model.ports import Rule

RULES: tuple[Rule, ...] = tuple(
    import_module(f"{__name__}.{module.name}").RULE for module in iter_modules(__path__)
)
