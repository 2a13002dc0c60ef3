"""Reads the XML of `OpStateExt`, without what makes XML dangerous: no document type, so no entities. Pure.

https://docs.python.org/3/library/xml.html#xml-security names the attacks; all of those upon a parser in memory need a
document type declaration, or size.
"""

from typing import Final, NoReturn
from xml.etree import ElementTree as ET

NAMESPACE: Final = "{http://merchant.roboxchange.com/WebService/}"
SIZE_LIMIT: Final = 64 * 1024
"""Bytes; an answer has about one and a half thousand."""


class NotXml(Exception):
    """Not a document that we read."""


class _Plain(ET.TreeBuilder):
    """Stops at a document type declaration, before anything in it is read."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> NoReturn:  # noqa: ARG002 - the parser's call
        raise NotXml("a document type")


def parse(document: bytes, name: str) -> ET.Element:
    """The root of the document, which has this name in Robokassa's namespace.

    Raises:
        NotXml: it is none, is another one, has a document type, or is too long.
    """
    if len(document) > SIZE_LIMIT:
        raise NotXml("too long")
    parser = ET.XMLParser(target=_Plain())  # noqa: S314 - see above
    try:
        parser.feed(document)
        root = parser.close()
    except (ET.ParseError, ValueError, LookupError):
        raise NotXml("not well-formed") from None
    if not isinstance(root, ET.Element) or root.tag != f"{NAMESPACE}{name}":
        raise NotXml("another document")
    return root


def text(element: ET.Element, *path: str) -> str:
    """The text of the element at this path, in Robokassa's namespace; empty where there is none."""
    return (element.findtext("/".join(f"{NAMESPACE}{name}" for name in path)) or "").strip()


def pairs(element: ET.Element, *path: str) -> dict[str, str]:
    """`Name` and `Value` of the elements at this path."""
    found = element.iterfind("/".join(f"{NAMESPACE}{name}" for name in path))
    return {text(each, "Name"): text(each, "Value") for each in found}
