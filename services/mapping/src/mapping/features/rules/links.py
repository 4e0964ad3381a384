"""Links of OGC API documents: absolute, each with its relation, media type and title."""

from dataclasses import dataclass
from typing import NotRequired, TypedDict
from urllib.parse import quote, urlencode

JSON = "application/json"
GEOJSON = "application/geo+json"
HTML = "text/html"
SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
OGC_REL = "http://www.opengis.net/def/rel/ogc/1.0"


class Link(TypedDict):
    """A link as JSON has it."""

    href: str
    rel: str
    type: NotRequired[str]
    title: NotRequired[str]
    templated: NotRequired[bool]


@dataclass(frozen=True, slots=True)
class Site:
    """Where the service is: ``root`` is its address from outside, without a slash at its end."""

    root: str

    def url(self, *parts: str, **query: str) -> str:
        """Make an address below the root of the service."""
        path = "/".join((self.root, *(quote(part, safe="") for part in parts)))
        return f"{path}?{urlencode(query)}" if query else path


def link(href: str, rel: str, media_type: str, title: str) -> Link:
    """Make a link."""
    return {"href": href, "rel": rel, "type": media_type, "title": title}


def representations(url: str, media_type: str, *, is_html: bool = False) -> list[Link]:
    """Make ``self`` and ``alternate``: this document, and the same in the other form."""
    joint = "&" if "?" in url else "?"
    forms = [(f"{url}{joint}f=json", media_type, "JSON"), (f"{url}{joint}f=html", HTML, "a page")]
    current, other = reversed(forms) if is_html else forms
    return [
        link(current[0], "self", current[1], "This document"),
        link(other[0], "alternate", other[1], f"This document as {other[2]}"),
    ]
