"""Scopes: what a token allows, written ``capability:verb``."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

OPERATE = "identity:operate"
GATEWAY = "identity:gateway"

CATALOGUE: Mapping[str, str] = MappingProxyType(
    {
        "address:read": "Look up addresses, streets and UPRNs",
        "address:write": "Change properties and streets",
        "address:load": "Load a council's gazetteer from a file",
        "address:match": "Match batches of addresses to properties",
        "address:private": "See and change references of private schemes, beside read and write",
        "payments:read": "Read payments",
        "casework:read": "Read cases",
        "mapping:read": "Read map layers and areas",
        "identity:read": "Read what identity knows of a council",
        "identity:keys": "Create, list and revoke a council's API keys",
        "identity:clients": "Create, list and revoke a council's clients",
        "identity:staff": "Define roles, give them to staff",
        "identity:scim": "Keep a council's staff up to date from its directory",
        "identity:prove": "Prove people's identity in person, and look at the proofs made",
        "identity:mandates": "As a person: let somebody act for you, or act for somebody",
        "identity:self": "As a person: see how your identity is proven, and prove it at a desk",
        "identity:themes": "Keep the themes in which a council's people may let others act for them",
        OPERATE: "Create, rename and suspend councils; manage the region's clients",
        GATEWAY: "Read the snapshot of councils and revoked credentials",
    }
)
"""Every scope there is, and what it allows, in the words the developer portal shows."""

REGION: frozenset[str] = frozenset({OPERATE, GATEWAY})
"""Scopes over the whole region. No credential of a single council carries one."""

PERSONAL: frozenset[str] = frozenset({"identity:mandates", "identity:self"})
"""Scopes over what is a person's own: everybody holds them, at a service that he lets have them."""

DELEGABLE: frozenset[str] = PERSONAL - {"identity:mandates", "identity:self"}
"""Those a person may let another act with by a mandate; to the rest he sees himself."""


def list_unknown(asked: Iterable[str]) -> list[str]:
    """The scopes asked for that do not exist, in the order asked."""
    return [scope for scope in asked if scope not in CATALOGUE]


def list_region_only(asked: Iterable[str]) -> list[str]:
    """The scopes asked for that a council's own credential cannot carry."""
    return [scope for scope in asked if scope in REGION]


def list_not_held(asked: Iterable[str], held: Iterable[str]) -> list[str]:
    """The scopes asked for that the granter does not hold itself: nobody gives what he has not."""
    own = frozenset(held)
    return [scope for scope in asked if scope not in own]


def normalise(asked: Iterable[str]) -> tuple[str, ...]:
    """Without repetition, in alphabetical order, so that equal sets are written alike."""
    return tuple(sorted(set(asked)))


def narrow_scopes(asked: str | None, held: Iterable[str]) -> tuple[str, ...] | None:
    """The scopes of a token: those asked for (RFC 6749 section 3.3), or all when none are named.

    ``None`` when something is asked for that the client does not hold.
    """
    own = normalise(held)
    wanted = normalise((asked or "").split(" ")) if asked else own
    return wanted if not list_not_held(wanted, own) else None
