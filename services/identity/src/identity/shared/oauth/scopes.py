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
        "payments:read": "Read payments and refunds",
        "payments:create": "Create, cancel and capture payments",
        "payments:refund": "Give payments back, whole or in part",
        "payments:direct-debit": "Ask for Direct Debit mandates, and plan what is collected by them",
        "payments:direct-debit-read": "Read Direct Debit mandates, collections and what banks advised",
        "payments:links": "Make and change payment links, and create their payments",
        "payments:webhooks": "Subscribe to what becomes of payments, and see and repeat deliveries",
        "payments:office": "As finance staff: look into payments, refund within a limit, propose journals",
        "payments:approve": "As finance staff: approve what another member of staff proposed",
        "payments:takings": "As counter staff: take cash and cheques, count and bank them, make e-returns",
        "payments:sign-in": "Set the client by which staff sign in to the pages of payments",
        "payments:finance-read": "Read funds, VAT codes and rules of references, and check a reference",
        "payments:finance": "Change funds, VAT codes and rules of references",
        "casework:read": "Read cases and calendars, and compute due dates",
        "casework:report": "Send reports and read what became of them (Open311)",
        "casework:act": "Open cases and act on them",
        "casework:holdings": "See what permits an address or a vehicle has: counts and dates, no names",
        "casework:own": "As a person: see your own cases, open them and act on them",
        "casework:configure": "Change case types, the roles of staff, closures and school terms",
        "casework:sign-in": "Set the client by which staff sign in to the pages of casework",
        "mapping:read": "Read map layers and areas",
        "mapping:write": "Add, change and retire features of map layers",
        "mapping:publish": "Create, change, publish, restore and retire map layers, and load files into them",
        "mapping:staff": "See map layers and properties that are for staff",
        "mapping:restricted": "See map layers and properties that are restricted",
        "mapping:sign-in": "Set the client by which staff sign in to the pages of maps",
        "services:read": "Read the recipes of a council's services, and what is published",
        "services:write": "Send a council's differences to its recipes, and preview them",
        "services:publish": "Publish a council's services, and go back to what was published before",
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

PERSONAL: frozenset[str] = frozenset({"casework:own", "identity:mandates", "identity:self"})
"""Scopes over what is a person's own. Everybody holds them, at each service they grant them to."""

DELEGABLE: frozenset[str] = PERSONAL - {"identity:mandates", "identity:self"}
"""Personal scopes that a mandate can pass on. For the others people act themselves."""


def list_unknown(requested: Iterable[str]) -> list[str]:
    """List the requested scopes that do not exist, in the order requested."""
    return [scope for scope in requested if scope not in CATALOGUE]


def list_region_only(requested: Iterable[str]) -> list[str]:
    """List the requested scopes that a council's own credential cannot carry."""
    return [scope for scope in requested if scope in REGION]


def list_ungrantable(requested: Iterable[str], granter_scopes: Iterable[str]) -> list[str]:
    """List the requested scopes that the granter does not hold: nobody grants what they do not have."""
    granter = frozenset(granter_scopes)
    return [scope for scope in requested if scope not in granter]


def normalise(scopes: Iterable[str]) -> tuple[str, ...]:
    """Remove repetitions and sort, so that equal sets are written alike."""
    return tuple(sorted(set(scopes)))


def narrow_scopes(requested: str | None, client_scopes: Iterable[str]) -> tuple[str, ...] | None:
    """Narrow a client's scopes to those requested (RFC 6749 section 3.3); all when none are requested.

    ``None`` when something is requested that the client does not hold.
    """
    all_scopes = normalise(client_scopes)
    narrowed = normalise((requested or "").split(" ")) if requested else all_scopes
    return narrowed if not list_ungrantable(narrowed, all_scopes) else None
