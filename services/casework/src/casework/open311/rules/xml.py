"""Write what Open311 answers as XML: a map is elements, a list is elements of one name."""

import re
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

_ITEMS = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "groups": "group",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "endpoints": "endpoint",
    "formats": "format",
    "errors": "error",
}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_xml(root: str, value: Any) -> str:
    """Write a document. A character that XML has no way to write becomes U+FFFD."""
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + "".join(_write(root, value))


def _write(name: str, value: Any) -> Iterator[str]:
    yield f"<{name}>"
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _write(key, each)
    elif isinstance(value, list):
        for each in value:
            yield from _write(_ITEMS[name], each)
    elif isinstance(value, bool):
        yield "true" if value else "false"
    elif value is not None:
        yield escape(_NOT_XML.sub("\ufffd", str(value)))
    yield f"</{name}>"
