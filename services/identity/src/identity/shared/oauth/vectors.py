"""Vectors of trust: how sure a service wants to be of who signs in (RFC 8485 and GOV.UK One Login's ``vtr``).

``Cl`` is one factor, ``Cl.Cm`` two or a passkey; ``P0`` to ``P2`` say how well an identity is proven.
"""

import json
from dataclasses import dataclass

ONE_FACTOR = "Cl"
TWO_FACTORS = "Cl.Cm"
NO_IDENTITY = "P0"
IDENTITY_LEVELS = ("P0", "P1", "P2")
CREDENTIAL_LEVELS = (ONE_FACTOR, TWO_FACTORS)
_MAX_VECTORS = 10


@dataclass(frozen=True, slots=True)
class TrustVector:
    """What a request wants: a credential level, and the lowest identity level that is enough."""

    level: str
    identity: str = NO_IDENTITY


def parse_vectors(text: str | None, default: str) -> TrustVector:
    """What ``vtr`` asks; the easiest of its alternatives that all agree on wanting an identity or none.

    Raises ValueError with One Login's words.
    """
    if text is None:
        return TrustVector(default)
    try:
        vectors = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("Request vtr not valid") from error
    if not isinstance(vectors, list) or not 1 <= len(vectors) <= _MAX_VECTORS:
        raise ValueError("Request vtr not valid")
    found = [_parse_vector(vector) for vector in vectors]
    if len({one.identity == NO_IDENTITY for one in found}) > 1:
        raise ValueError("Request vtr not valid")
    return min(found, key=lambda one: (one.identity, CREDENTIAL_LEVELS.index(one.level)))


def _parse_vector(vector: object) -> TrustVector:
    parts = vector.split(".") if isinstance(vector, str) else []
    identities = [part for part in parts if part in IDENTITY_LEVELS]
    credentials = frozenset(part for part in parts if part not in IDENTITY_LEVELS)
    well_formed = parts and len(set(parts)) == len(parts) and len(identities) <= 1
    if not well_formed or credentials not in (frozenset(), frozenset({"Cl"}), frozenset({"Cl", "Cm"})):
        raise ValueError("Request vtr not valid")
    identity = identities[0] if identities else NO_IDENTITY
    level = ONE_FACTOR if credentials == {"Cl"} else TWO_FACTORS
    if identity != NO_IDENTITY and level != TWO_FACTORS:
        raise ValueError("Request vtr not valid")
    return TrustVector(level, identity)


def satisfies_level(has: str, wants: str) -> bool:
    """Whether a session of level ``has`` satisfies ``wants``."""
    return CREDENTIAL_LEVELS.index(has) >= CREDENTIAL_LEVELS.index(wants)


def satisfies_identity(has: str, wants: str) -> bool:
    """Whether an identity proven to level ``has`` satisfies ``wants``."""
    return IDENTITY_LEVELS.index(has) >= IDENTITY_LEVELS.index(wants)
