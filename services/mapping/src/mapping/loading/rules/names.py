"""The name of a file, as its sender gives it. Pure."""

import re
import unicodedata
from urllib.parse import unquote

MAX_NAME = 200  # characters
_EXTENDED = re.compile(r"filename\*\s*=\s*utf-8'[a-z-]*'([^;\s\"']+)", re.IGNORECASE)  # RFC 8187
_PLAIN = re.compile(r'filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s"]+))', re.IGNORECASE)


def read_name(disposition: str) -> str:
    """Read a file's name from ``Content-Disposition``, without folders; ``file`` if there is none."""
    name = ""
    if match := _EXTENDED.search(disposition):
        name = unquote(match[1], errors="replace")
    elif match := _PLAIN.search(disposition):
        name = re.sub(r"\\(.)", r"\1", match[1]) if match[1] is not None else match[2]
    return clean_name(name)


def clean_name(name: str) -> str:
    """Make a file's name fit to be shown: no folders, no control characters; ``file`` if nothing is left."""
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C").strip(" .")
    return visible[-MAX_NAME:] or "file"
