"""Where a remote's URL points: the host's kind, the repository's name, the URL without secrets."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

_PUBLIC = {"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org"}
_SCP = re.compile(r"(?:(?P<user>[^@/]+)@)?(?P<host>[^:/@]{2,}):(?P<path>[^\\].*)")


@dataclass(frozen=True, slots=True)
class Remote:
    provider: str  # github, gitlab, bitbucket, other; local for a folder of this machine
    full_name: str  # as the host calls it; begins with the host unless the provider says which
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
    known_by, name = _provider(host.lower()), path.strip("/").removesuffix(".git")
    if name and not _is_public(host.lower(), known_by):
        name = f"{host.lower()}/{name}"
    return Remote(known_by, name, url)


def _provider(host: str) -> str:
    labels = host.split(".")
    for provider in _PUBLIC:
        if provider in labels or host.endswith(f"{provider}.com"):
            return provider
    return "other"


def _is_public(host: str, provider: str) -> bool:
    """Whether it is the provider's one public host, or an alias of it from ~/.ssh/config."""
    public = _PUBLIC.get(provider)
    if public is None:
        return False
    return (
        host in (provider, public) or host.endswith(f".{public}") or host.startswith(f"{public}-")
    )
