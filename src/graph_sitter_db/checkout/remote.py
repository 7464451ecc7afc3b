"""Where a remote's URL points: the host's kind, the repository's name, the URL without secrets."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

_SCP = re.compile(r"(?:(?P<user>[^@/]+)@)?(?P<host>[^:/@]{2,}):(?P<path>[^\\].*)")


@dataclass(frozen=True, slots=True)
class Remote:
    provider: str  # github, gitlab, bitbucket, other; local for a folder of this machine
    full_name: str  # "" for local
    url: str


def remote(url: str) -> Remote:
    """Never raises: what cannot be understood is `other`, or `local` when it names no host."""
    if "://" in url:
        return _from_url(url)
    match = _SCP.fullmatch(url)
    if match is None:
        return Remote("local", "", url)
    user = f"{match['user'].partition(':')[0]}@" if match["user"] else ""
    return _of(match["host"], match["path"], f"{user}{match['host']}:{match['path']}")


def _from_url(url: str) -> Remote:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return Remote("other", "", "")
    if parts.scheme == "file" or not host:
        return Remote(
            "local", "", urlunsplit((parts.scheme, parts.hostname or "", parts.path, "", ""))
        )
    shown = f"[{host}]" if ":" in host else host
    login = f"{parts.username}@" if parts.username and parts.scheme.endswith("ssh") else ""
    place = f"{login}{shown}{f':{port}' if port else ''}"
    return _of(host, parts.path, urlunsplit((parts.scheme, place, parts.path, "", "")))


def _of(host: str, path: str, url: str) -> Remote:
    return Remote(_provider(host.lower()), path.strip("/").removesuffix(".git"), url)


def _provider(host: str) -> str:
    labels = host.split(".")
    for provider in ("github", "gitlab", "bitbucket"):
        if provider in labels or host.endswith(f"{provider}.com"):
            return provider
    return "other"
