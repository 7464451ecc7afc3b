"""Makes strangers' text safe to show: nothing in it steers or deceives a terminal."""


def printable(text: str) -> str:
    """One line of text with control characters, escape sequences and direction marks made visible.

    `\\x1b[31m` appears as those eight characters. What `repr` shows as itself stays as it is.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def printable_lines(text: str) -> str:
    """Like `printable`, for text whose line feeds and tabs are meant as such."""
    return "\n".join(
        "\t".join(printable(part) for part in line.split("\t")) for line in text.split("\n")
    )


def _escaped(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that is no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return char.encode("unicode_escape").decode("ascii")
