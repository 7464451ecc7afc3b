"""Text that PostgreSQL can hold: no NUL, no lone surrogates."""

import json


def stored(text: str) -> str:
    """`text` with what no database text can hold written as an escape (`\\x00`, `\\udc80`)."""
    if "\0" in text:
        text = text.replace("\0", "\\x00")
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()


def stored_json(value: object) -> str:
    """JSON that jsonb accepts."""
    text = _dump(value)
    if "\\u0000" not in text and (text.isascii() or stored(text) == text):
        return text
    return _dump(_cleaned(json.loads(_dump(value))))


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str, separators=(",", ":"))


def _cleaned(value: object) -> object:
    match value:
        case str():
            return stored(value)
        case list():
            return [_cleaned(item) for item in value]
        case dict():
            return {stored(key): _cleaned(item) for key, item in value.items()}
        case _:
            return value
