"""What a change breaks: which rule, where, and the way out."""

from dataclasses import dataclass, field

_KEEP = "keep it, marked deprecated"
_KEEP_FIELD = "keep the field as it was, marked deprecated, and add the new one beside it"
_LOOSEN = "accept at least what the last release accepted"
_TIGHTEN = "answer only what the last release could answer, or put the rest in a new field beside this one"
_VERSION = "or publish the new shape under a new major version (path /v2, event type .v2) beside the old one"
_UNCOMPARED = "keep this part as it was: the checker cannot prove the change harmless"

# Rule -> the way out.
RULES: dict[str, str] = {
    # whole documents and operations
    "document-removed": f"{_KEEP}: clients point at it",
    "operation-removed": f"{_KEEP}, {_VERSION}",
    "server-removed": "keep the address answering, or redirect clients for a year",
    "security-added": "keep the operation public and offer the protected one at a new path",
    "scope-added": "keep what the old scope allows and put what is new behind a new operation",
    "security-removed": "go on accepting the credential",
    "delegation-narrowed": "go on accepting mandates for the theme; offer another theme at a new operation",
    "security-scheme-changed": "add the new scheme beside the old one",
    "unsupported-change": _UNCOMPARED,
    # what clients send
    "parameter-removed": "go on accepting the parameter, marked deprecated",
    "parameter-style-changed": "keep how the parameter is written",
    "required-parameter-added": "make the parameter optional with a default",
    "parameter-made-required": "keep the parameter optional with a default",
    "request-body-removed": "go on accepting the body",
    "request-body-made-required": "keep the body optional",
    "default-changed": "keep the default: clients that leave the value out rely on it",
    "required-field-added": "make the field optional with a default",
    "field-made-required": "keep the field optional",
    "field-made-read-only": "go on accepting the field",
    "object-closed": "go on ignoring unknown fields",
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
    "field-added-to-closed-object": f"clients were told the object is complete: add a new one, {_VERSION}",
    "object-opened": _TIGHTEN,
    "type-widened": _TIGHTEN,
    "null-added": "go on sending a value, or leave an optional field out",
    "enum-value-added": "mark the list `x-extensible-enum` in a release before it grows, " + _VERSION,
    "enum-opened": _TIGHTEN,
    "limit-loosened": _TIGHTEN,
    "format-loosened": _TIGHTEN,
    "variant-added": f"{_TIGHTEN}, {_VERSION}",
    # both
    "field-removed": f"{_KEEP_FIELD}, {_VERSION}",
    "media-type-removed": "keep the media type and add the new one beside it",
    "pattern-changed": "keep the pattern: the checker does not work out whether the new one accepts as much. "
    'Read both, and if no client breaks: make release BREAKING="why"',
    "constraint-changed": _UNCOMPARED,
    # events
    "event-removed": "go on publishing the event, and the new type beside it, for a year",
    "channel-removed": "go on publishing on the channel, and on the new one beside it",
    "channel-address-changed": "add a channel with the new address beside the old one",
    "message-removed": "go on publishing the message on the channel",
    "message-changed": "keep the message's payload and media type, " + _VERSION,
    "publication-removed": "go on publishing on the channel",
}


@dataclass(frozen=True, slots=True)
class BreakingChange:
    """A change inside one schema or operation that breaks a rule, at a location (``items[].uprn``)."""

    rule: str
    location: str
    detail: str

    def move_below(self, step: str) -> "BreakingChange":
        """Prefix the location with one step: ``items`` + ``[].uprn``, ``body `` + ``name``."""
        joined = not self.location or self.location[0] in "[{" or step.endswith(" ")
        return BreakingChange(self.rule, f"{step}{'' if joined else '.'}{self.location}", self.detail)


@dataclass(frozen=True, slots=True)
class Finding:
    """A breaking change with its file and operation, as it is reported and recorded."""

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
