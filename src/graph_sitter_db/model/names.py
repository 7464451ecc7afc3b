"""Names of any length, in a form that a database can have an index on."""

import hashlib

# PostgreSQL takes 2,704 bytes into a row of a B-tree; 18 of a name's are its mark and digest.
LONGEST = 2_000  # bytes


def bounded(name: str) -> str:
    """The name; of a longer one its beginning and its end, and between them what tells it from
    others: `…` and the first 15 hexadecimal digits of its SHA-256.
    """
    if len(name) <= LONGEST // 4:
        return name
    text = name.encode("utf-8", "surrogatepass")
    if len(text) <= LONGEST:
        return name
    half = (LONGEST - 18) // 2
    digest = hashlib.sha256(text).hexdigest()[:15]
    return f"{text[:half].decode(errors='ignore')}…{digest}{text[-half:].decode(errors='ignore')}"
