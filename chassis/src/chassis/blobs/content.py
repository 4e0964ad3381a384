"""Tell what a file is by its content: its name and what the sender says are claims."""

from collections.abc import Collection
from enum import StrEnum

import puremagic

SAMPLE = 4_096
"""Bytes from the beginning of a file that are looked at."""
_CONTROL = frozenset(range(32)) - frozenset(b"\t\n\r\f")


class Content(StrEnum):
    """Kinds of files that a service may take. None of them runs in a browser.

    iPhones keep HEIF, and send JPEG to a page that does not ask for HEIF.
    """

    PDF = "application/pdf"
    PNG = "image/png"
    JPEG = "image/jpeg"
    GIF = "image/gif"
    WEBP = "image/webp"
    MP4 = "video/mp4"
    MP3 = "audio/mpeg"
    WAV = "audio/wav"
    WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    TEXT = "text/plain"


_ALIASES = {
    "audio/x-wav": Content.WAV,
    "audio/wave": Content.WAV,
    "audio/mp3": Content.MP3,
    "text/csv": Content.TEXT,
}


class UnknownContentError(Exception):
    """A file's content is none of the kinds that are taken here."""


def tell_content(sample: bytes, declared: str, allowed: Collection[Content]) -> Content:
    """Tell which of the allowed kinds a file is, by its first bytes.

    ``declared`` decides only between kinds that begin alike, as Word's and Excel's do. Raises
    UnknownContentError.
    """
    kinds = _list_kinds(sample)
    claimed = _to_content(declared)
    if claimed in kinds and claimed in allowed:
        return claimed
    for kind in kinds:
        if kind in allowed:
            return kind
    raise UnknownContentError(", ".join(sorted(allowed)))


def _list_kinds(sample: bytes) -> list[Content]:
    """List the kinds that a file with this beginning can be, the likeliest first."""
    try:
        matches = puremagic.magic_string(sample)
    except (puremagic.PureError, ValueError):
        return [Content.TEXT] if _is_text(sample) else []
    kinds = [_to_content(match.mime_type) for match in matches]
    return [kind for kind in kinds if kind is not None]


def _to_content(media_type: str) -> Content | None:
    name = media_type.partition(";")[0].strip().lower()
    if name in _ALIASES:
        return _ALIASES[name]
    return Content(name) if name in set(Content) else None


def _is_text(sample: bytes) -> bool:
    if not sample or not _CONTROL.isdisjoint(sample):
        return False
    try:
        sample.decode()
    except UnicodeDecodeError as error:  # the sample may end within a character
        return error.start >= len(sample) - 3 and len(sample) == SAMPLE
    return True
