"""XML that any parser takes."""

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

# XML 1.0 has no way to write these characters, or advises against them: they steer terminals.
_IMPOSSIBLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def child(parent: Element, tag: str, inner: str = "", **attributes: object) -> Element:
    """A new element within another; what XML cannot hold is shown as an escape."""
    known = {name: possible(str(value)) for name, value in attributes.items()}
    made = SubElement(parent, tag, known)
    made.text = possible(inner) or None
    return made


def possible(text: str) -> str:
    return _IMPOSSIBLE.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def document(root: Element) -> str:
    ElementTree.indent(root)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return head + ElementTree.tostring(root, encoding="unicode")
