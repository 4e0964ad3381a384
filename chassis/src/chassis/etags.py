"""Entity tags (RFC 9110, sections 8.8.3 and 13): no change is lost, and nothing is sent twice.

A record's tag is its version, ``"3"``; that of a public read is a hash of its bytes, and of a map's feature
a hash of what it is. The suite's words for a
change of a record: 428 ``version-needed`` without ``If-Match``, 412 ``version-changed`` when the record is at
none of the versions that it names.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response

from chassis.problems import Problem

NEEDED, CHANGED = "version-needed", "version-changed"
# What address said for the same before there was one vocabulary: sent beside the code as long as v1 lives.
_FORMER_CODES = {NEEDED: "precondition-required", CHANGED: "stale-version"}
_MAX_LENGTH = 1_000
_VERSION = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)
# One element of a list, which may be empty. A tag may hold commas. Possessive: no text makes it slow.
_ELEMENT = re.compile(r'[ \t]*+(?:(W/)?"([\x21\x23-\x7e\x80-\xff]*+)"[ \t]*+)?(?:,|\Z)')

ETAG: dict[str, Any] = {"headers": {"ETag": {"description": "Its version", "schema": {"type": "string"}}}}
"""Documents the tag of a response: ``responses={200: ETAG}``."""

NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "As the ETag in If-None-Match says"}}
"""Documents a 304: ``responses={**NOT_MODIFIED}``."""

IfNoneMatch = Annotated[
    str | None,
    Header(alias="If-None-Match", max_length=_MAX_LENGTH, description="The ETag of the copy you have"),
]
_IfMatchHeader = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=_MAX_LENGTH,
        description='The ETag of the version you have seen, such as "3"',
    ),
]


@dataclass(frozen=True, slots=True)
class Tag:
    """One entity tag: its text without the quotes."""

    text: str
    weak: bool = False

    def __str__(self) -> str:
        """Write it as a header has it."""
        return f'{"W/" if self.weak else ""}"{self.text}"'


@dataclass(frozen=True, slots=True)
class Precondition:
    """The versions of a record that a change is for; ``versions`` is None for whichever there is (``*``)."""

    versions: frozenset[int] | None
    weak: bool = False

    def holds(self, version: int) -> bool:
        """Tell whether the change is for a record at this version."""
        return self.versions is None or version in self.versions

    def check(self, version: int, noun: str) -> None:
        """Raise Problem 412 when the change is not for a record at this version."""
        if not self.holds(version):
            detail = f"The {noun} is at version {version} now. Read it again, then repeat the change."
            raise _problem(412, CHANGED, detail, ETag=str(Tag(str(version), self.weak)))


@dataclass(frozen=True, slots=True)
class TagPrecondition:
    """The tags of a record's states of which a change is for one; None for whichever (``*``)."""

    texts: frozenset[str] | None

    def holds(self, text: str) -> bool:
        """Tell whether the change is for a record with this tag."""
        return self.texts is None or text in self.texts

    def check(self, text: str | None, noun: str) -> None:
        """Raise Problem 412 when the change is not for a record with this tag; None: it is not there."""
        if text is None:
            raise _problem(412, CHANGED, f"There is no such {noun} now, or no longer.")
        if not self.holds(text):
            detail = f"The {noun} was changed meanwhile. Read it again, then repeat the change."
            raise _problem(412, CHANGED, detail, ETag=str(Tag(text)))


def parse_tags(header: str) -> list[Tag] | None:
    """Parse a list of tags; None for ``*``. A text that is no such list has no tags."""
    if header.strip(" \t") == "*":
        return None
    tags, position = [], 0
    while position < len(header):
        element = _ELEMENT.match(header, position)
        if element is None:
            return []
        if element[2] is not None:
            tags.append(Tag(element[2], weak=element[1] is not None))
        position = element.end()
    return tags


def read_precondition(if_match: str, *, weak: bool = False) -> Precondition:
    """Read ``If-Match``. ``weak``: an outside contract has weak tags there, which otherwise never match."""
    tags = parse_tags(if_match)
    if tags is None:
        return Precondition(None, weak)
    texts = (tag.text for tag in tags if weak or not tag.weak)
    return Precondition(frozenset(int(text) for text in texts if _VERSION.fullmatch(text)), weak)


def refuse_without_version(noun: str) -> Problem:
    """Make the 428 for a change of a record that is there, without its tag."""
    return _problem(428, NEEDED, f"Send the ETag that the {noun} was read with as If-Match, so that nobody's "
                    "change is lost.")  # fmt: skip


async def _require(request: Request, if_match: _IfMatchHeader = None) -> Precondition:
    if if_match is None:
        raise refuse_without_version("record")
    return read_precondition(_join(request, if_match))


async def _accept(request: Request, if_match: _IfMatchHeader = None) -> Precondition | None:
    return None if if_match is None else read_precondition(_join(request, if_match))


async def _accept_weak(request: Request, if_match: _IfMatchHeader = None) -> Precondition | None:
    return None if if_match is None else read_precondition(_join(request, if_match), weak=True)


def read_tag_precondition(if_match: str) -> TagPrecondition:
    """Read ``If-Match`` of a record whose tag is a hash. Weak tags never match."""
    tags = parse_tags(if_match)
    return TagPrecondition(None if tags is None else frozenset(tag.text for tag in tags if not tag.weak))


async def _require_tag(request: Request, if_match: _IfMatchHeader = None) -> TagPrecondition:
    if if_match is None:
        raise refuse_without_version("record")
    return read_tag_precondition(_join(request, if_match))


async def _accept_tag(request: Request, if_match: _IfMatchHeader = None) -> TagPrecondition | None:
    return None if if_match is None else read_tag_precondition(_join(request, if_match))


IfMatch = Annotated[Precondition, Depends(_require)]
"""The precondition of a change. The request is refused with 428 without one."""

OptionalIfMatch = Annotated[Precondition | None, Depends(_accept)]
"""For a PUT that also creates, and for outside contracts whose clients never send ``If-Match``."""

IfMatchTag = Annotated[TagPrecondition, Depends(_require_tag)]
"""``IfMatch`` of a record whose tag is a hash."""

OptionalIfMatchTag = Annotated[TagPrecondition | None, Depends(_accept_tag)]
"""The same for outside contracts whose clients never send ``If-Match``."""

OptionalWeakIfMatch = Annotated[Precondition | None, Depends(_accept_weak)]
"""The same where the outside contract's tags are weak, as SCIM's."""


def version_tag(version: int) -> dict[str, str]:
    """Make the ETag header of a record at a version."""
    return {"ETag": str(Tag(str(version)))}


def is_current(if_none_match: str | None, tag: str) -> bool:
    """Tell whether the caller's copy is the one with this tag, strong or weak: answer 304."""
    if if_none_match is None:
        return False
    tags = parse_tags(if_none_match)
    return tags is None or tag.removeprefix("W/") in {str(Tag(copy.text)) for copy in tags}


def respond_hashed(
    body: bytes,
    if_none_match: str | None,
    cache_control: str,
    *,
    headers: Mapping[str, str] | None = None,
    media_type: str = "application/json",
) -> Response:
    """Respond with a body and a hash of it as its tag, or with 304 when the caller has it."""
    tag = str(Tag(hashlib.blake2b(body, digest_size=16).hexdigest()))
    tagged = {**(headers or {}), "ETag": tag, "Cache-Control": cache_control}
    if is_current(if_none_match, tag):
        return Response(None, 304, tagged)
    return Response(body, headers=tagged, media_type=media_type)


def _join(request: Request, first: str) -> str:
    """Join the lines of a header that is sent in several; FastAPI reads the first."""
    return ", ".join(request.headers.getlist("if-match")) or first


def _problem(status: int, code: str, detail: str, **headers: str) -> Problem:
    return Problem(status, code, detail, headers=headers, former_code=_FORMER_CODES[code])
