"""A finding: which rule a change breaks, where, and the way out."""

from dataclasses import dataclass, field

_KEEP_FIELD = "keep the field as it was, marked deprecated, and add the new one beside it"
_LOOSEN = "accept at least what the last release accepted"
_TIGHTEN = "answer only what the last release could answer, or say it in a new field beside this one"
_VERSION = "or publish the new shape under a new major version (path /v2, event type .v2) beside the old one"
_KEEP = "keep it, marked deprecated"

# Rule -> the way out. ``in`` rules hold for what clients send, ``out`` rules for what they are sent.
RULES: dict[str, str] = {
    # whole documents and operations
    "document-removed": f"{_KEEP}: clients point at it",
    "operation-removed": f"{_KEEP}, {_VERSION}",
    "server-removed": "keep the address answering, or send clients on with a redirect for a year",
    "security-added": "keep the operation public and offer the protected one at a new path",
    "scope-added": "keep what the old scope allows and put what is new behind a new operation",
    "security-removed": "go on accepting the credential",
    "delegation-narrowed": "go on letting in whoever acts by a mandate for the theme, and offer what is for "
    "another theme at a new operation",
    "security-scheme-changed": "add the new scheme beside the old one",
    "unsupported-change": "keep this part as it was: the checker cannot prove the change harmless",
    # what clients send
    "parameter-removed": "go on accepting the parameter, marked deprecated",
    "parameter-style-changed": "keep how the parameter is written",
    "required-parameter-added": "make the parameter optional with a default",
    "parameter-made-required": "keep the parameter optional with a default",
    "request-body-removed": "go on accepting the body",
    "request-body-made-required": "keep the body optional",
    "default-changed": "keep the default: who leaves the value out relies on it",
    "required-field-added": "make the field optional with a default",
    "field-made-required": "keep the field optional",
    "field-made-read-only": "go on accepting the field",
    "object-closed": "go on ignoring fields that are not known",
    "type-narrowed": _LOOSEN,
    "null-refused": "go on accepting null, as if the field were left out",
    "enum-value-removed": "go on accepting the value, marked deprecated",
    "enum-added": _LOOSEN,
    "limit-tightened": _LOOSEN,
    "format-tightened": _LOOSEN,
    "variant-removed": f"go on accepting the variant, {_VERSION}",
    # what clients are sent
    "response-removed": "keep the status for the cases it stood for",
    "response-header-removed": "go on sending the header",
    "field-made-optional": "go on sending the field always",
    "field-made-write-only": "go on sending the field",
    "field-added-to-closed-object": f"this object was said to be complete: add a new one, {_VERSION}",
    "object-opened": _TIGHTEN,
    "type-widened": _TIGHTEN,
    "null-added": "go on sending a value, or leave an optional field out",
    "enum-value-added": "mark the list `x-extensible-enum` in a release before it grows, " + _VERSION,
    "enum-opened": _TIGHTEN,
    "limit-loosened": _TIGHTEN,
    "format-loosened": _TIGHTEN,
    "variant-added": f"{_TIGHTEN}, {_VERSION}",
    # both ways
    "field-removed": f"{_KEEP_FIELD}, {_VERSION}",
    "media-type-removed": "keep the media type and add the new one beside it",
    "pattern-changed": "keep the pattern: whether the new one accepts the same is not worked out. Read "
    'both, and if no client breaks: make release BREAKING="why"',
    "constraint-changed": "keep this part as it was: the checker cannot prove the change harmless",
    # events
    "event-removed": "go on publishing the event, and the new type beside it, for a year",
    "channel-removed": "go on publishing on the channel, and on the new one beside it",
    "channel-address-changed": "add a channel with the new address beside the old one",
    "message-removed": "go on publishing the message on the channel",
    "message-changed": "keep the message's payload and media type, " + _VERSION,
    "publication-removed": "go on publishing on the channel",
}


@dataclass(frozen=True, slots=True)
class Break:
    """A rule broken inside one schema. ``where`` is the place in the value (``items[].uprn``)."""

    rule: str
    where: str
    detail: str

    def below(self, step: str) -> "Break":
        """The same, seen from one step further out: ``items`` + ``[].uprn``, ``body `` + ``name``."""
        joined = not self.where or self.where[0] in "[{" or step.endswith(" ")
        return Break(self.rule, f"{step}{'' if joined else '.'}{self.where}", self.detail)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that would break a client of the last release."""

    rule: str
    file: str
    operation: str
    location: str
    detail: str
    way_out: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "way_out", RULES[self.rule])
        object.__setattr__(self, "location", self.location.strip())

    def __str__(self) -> str:
        place = " ".join(part for part in (self.file, self.operation, self.location) if part)
        return f"{place}\n    {self.rule}: {self.detail}\n    way out: {self.way_out}"
