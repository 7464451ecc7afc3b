"""File names as git and the file system have them: bytes, which need not be UTF-8."""

from graph_sitter_db.model.names import bounded


def path_of(name: bytes) -> str:
    """The form used inside: surrogate escapes stand for bytes that are not UTF-8."""
    return name.decode("utf-8", "surrogateescape")


def storable(path: str) -> str:
    r"""The form for databases and screens: such bytes are written out as `\xNN`, and what no index
    would take is shortened.
    """
    return bounded(path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"))
