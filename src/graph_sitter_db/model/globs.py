"""Patterns for paths, as settings have them."""

import fnmatch
import re
from collections.abc import Iterable


def any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    """What matches a path that one of the patterns names.

    `*` also crosses `/`; a pattern without `/` matches at any depth; one that matches a folder
    takes everything in it.
    """
    return re.compile("|".join(_expression(pattern) for pattern in patterns) or r"(?!)")


def _expression(pattern: str) -> str:
    bare = pattern.strip("/").removeprefix("**/")
    anywhere = "/" not in pattern.strip("/") or pattern.startswith("**/")
    # A leading `*` is at any depth already; to say it twice would cost the square of the length.
    prefix = "(?:.*/)?" if anywhere and not bare.startswith("*") else ""
    body = fnmatch.translate(bare).removesuffix(r"\Z").removesuffix(r"\z")
    return rf"(?:{prefix}{body}(?:/.*)?)\Z"
