"""Which of several bindings of a name a use sees.

graph_sitter keeps one meaning of a name for a whole file: an import inside a function displaces the
module's own definition, everywhere.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from graph_sitter_db.extract.outline import Outline, Span
from graph_sitter_db.extract.scopes import Scopes
from graph_sitter_db.extract.targets import Target, Targets
from graph_sitter_db.extract.uses import Use


class Visibility:
    """`roots` are graph_sitter's syntax trees by path."""

    def __init__(
        self, targets: Targets, outlines: Mapping[str, Outline], roots: Mapping[str, Any]
    ) -> None:
        self._targets = targets
        self._outlines = outlines
        self._roots = roots
        self._scopes: dict[str, Scopes] = {}

    def seen(self, path: str, place: Use, found: Target | None) -> Target | None:
        """What a use stands for, when graph_sitter takes it for the target given."""
        if found is None:
            return None
        name = place.text.partition(".")[0].partition("(")[0]
        local = self._targets.local_imports(path).get(name, ())
        if found.path and self._targets.has_left_out:
            found = self._passing(path, place, name, found)
        if local:
            found = self._sorted_out(path, place, name, local, found)
        if found and place.is_dotted:
            found = self._of_module(path, place, name, found)
        return None if found and self._is_shadowed(path, place, name, found) else found

    def outside(self, path: str, place: Use) -> Target | None:
        """The import by which a use reaches what lies in a file that is left out."""
        name = place.text
        while name:
            local = self._targets.local_imports(path).get(name, ())
            for found in (*self._around(local, place), self._targets.by_name(path, name)):
                if found is not None:
                    return found if found.external else None
            name = name.rpartition(".")[0]
        return None

    def _passing(self, path: str, place: Use, name: str, found: Target) -> Target:
        """What is reached by way of a file that is left out stays behind it."""
        if self._scopes_of(path).binding(name, place.start):
            return found
        return self.outside(path, place) or found

    def _around(self, local: Sequence[tuple[Span, int]], place: Use) -> list[Target | None]:
        """What the imports of the innermost function around a use stand for."""
        around = [each for each in local if each[0].start <= place.start < each[0].end]
        start = max((span.start for span, _ in around), default=None)
        return [self._targets.of(index) for span, index in around if span.start == start]

    def _sorted_out(
        self,
        path: str,
        place: Use,
        name: str,
        local: Sequence[tuple[Span, int]],
        found: Target,
    ) -> Target | None:
        visible = self._around(local, place) or [self._targets.by_name(path, name)]
        everywhere = [self._targets.of(index) for _, index in local]
        if any(_leads(each, found) for each in visible):
            return found
        if not any(_leads(each, found) for each in everywhere):
            return found
        return self._member(visible[-1], place) if place.is_dotted else visible[-1]

    def _member(self, owner: Target | None, place: Use) -> Target | None:
        if owner is None or owner.external:
            return owner
        if owner.is_file:
            return self._targets.by_name(owner.path, place.name)
        key = f"{owner.key}.{place.name}"
        outline = self._outlines[owner.path]
        span = next((s for s in outline.by_name.get(place.name, ()) if s.key == key), None)
        return Target(owner.path, key, is_member=True) if span else None

    def _of_module(self, path: str, place: Use, name: str, found: Target) -> Target | None:
        """`m.g` of a module that has a `g` of its own and imports another inside a function."""
        module = self._targets.by_name(path, name) if place.text == f"{name}.{place.name}" else None
        if module is None or not module.is_file:
            return found
        local = self._targets.local_imports(module.path).get(place.name, ())
        if any(self._targets.of(index) == found for _, index in local):
            return self._targets.by_name(module.path, place.name)
        return found

    def _is_shadowed(self, path: str, place: Use, name: str, found: Target) -> bool:
        """Whether a name is bound around its use, and not to what was found."""
        bound = self._scopes_of(path).binding(name, place.start) if name else None
        if bound is None:
            return False
        imports = self._targets.local_imports(path).get(name, ())
        if any(span.start <= place.start < span.end for span, _ in imports):
            return False
        if place.is_dotted:  # what a local value is an instance of was inferred, rightly
            return found.is_module and _leads(self._targets.by_name(path, name), found)
        if found.path != path or not found.key:
            return True
        span = self._outlines[path].by_key[found.key]
        return span.end <= bound.start or bound.stop <= span.start

    def _scopes_of(self, path: str) -> Scopes:
        if path not in self._scopes:
            self._scopes[path] = Scopes(path, self._roots[path])
        return self._scopes[path]


def _leads(start: Target | None, found: Target) -> bool:
    """Whether what was found is what a name stands for, or lies in it."""
    if start is None:
        return False
    if start.external:
        return f"{found.external}.".startswith(f"{start.external}.")
    if start.path != found.path:
        return False
    return start.is_file or f"{found.key}.".startswith(f"{start.key}.")
