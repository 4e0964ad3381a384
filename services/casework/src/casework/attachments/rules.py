"""Names of files, as senders give them and as readers get them. Pure."""

import re
import unicodedata
from enum import StrEnum
from urllib.parse import quote, unquote

MAX_NAME = 200  # characters
_UNNAMED = "file"
_EXTENDED = re.compile(r"filename\*\s*=\s*utf-8'[a-z-]*'([^;\s\"']+)", re.IGNORECASE)  # RFC 8187
_PLAIN = re.compile(r'filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s"]+))', re.IGNORECASE)
_EXTENSIONS = {
    "application/pdf": (".pdf",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/gif": (".gif",),
    "image/webp": (".webp",),
    "video/mp4": (".mp4",),
    "audio/mpeg": (".mp3",),
    "audio/wav": (".wav",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (".docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (".xlsx",),
    "text/plain": (".txt", ".csv"),
}


class State(StrEnum):
    """Where a file is. Only a clean one is shown to anybody."""

    RECEIVING = "receiving"  # its bytes are on their way
    ON_HOLD = "held"  # it is whole, and no scanner has said yet what is in it
    CLEAN = "clean"
    INFECTED = "infected"  # its bytes are deleted
    BROKEN = "broken"  # it cannot be shown, and its bytes are deleted


def read_name(disposition: str) -> str:
    """Read a file's name from ``Content-Disposition``; ``file`` if there is none."""
    if match := _EXTENDED.search(disposition):
        return clean_name(unquote(match[1], errors="replace"))
    if match := _PLAIN.search(disposition):
        return clean_name(re.sub(r"\\(.)", r"\1", match[1]) if match[1] is not None else match[2])
    return _UNNAMED


def clean_name(name: str) -> str:
    """Take from a name its folders, and characters that are not to be seen or turn the text round."""
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(character for character in last if unicodedata.category(character)[0] != "C")
    bare = visible.strip(" .")
    if len(bare) > MAX_NAME:
        stem, dot, extension = bare.rpartition(".")
        ending = (dot + extension)[-10:] if stem else ""
        bare = bare[: MAX_NAME - len(ending)] + ending
    return bare or _UNNAMED


def write_disposition(name: str, media_type: str) -> str:
    """Write ``Content-Disposition`` of a download, with the extension that the content has.

    A name decides with which program a computer opens a file, and the sender chose it.
    """
    extensions = _EXTENSIONS.get(media_type, ("",))
    if not name.lower().endswith(extensions):
        name += extensions[0]
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
