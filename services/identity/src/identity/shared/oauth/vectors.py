"""Vectors of trust: the assurance a service requests (RFC 8485 and GOV.UK One Login's ``vtr``).

``Cl`` is one factor, ``Cl.Cm`` two factors or a passkey; ``P0`` to ``P2`` are levels of a proven identity.
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
    """The assurance a request requires: a credential level, and the lowest identity level."""

    level: str
    identity: str = NO_IDENTITY


def parse_vectors(text: str | None, default: str) -> TrustVector:
    """Parse ``vtr``; answers the least of its alternatives.

    Either all of them require an identity or none does. Raises ValueError with One Login's words.
    """
    if text is None:
        return TrustVector(default)
    try:
        vectors = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("Request vtr not valid") from error
    if not isinstance(vectors, list) or not 1 <= len(vectors) <= _MAX_VECTORS:
        raise ValueError("Request vtr not valid")
    alternatives = [_parse_vector(vector) for vector in vectors]
    if len({alternative.identity == NO_IDENTITY for alternative in alternatives}) > 1:
        raise ValueError("Request vtr not valid")
    return min(
        alternatives,
        key=lambda alternative: (alternative.identity, CREDENTIAL_LEVELS.index(alternative.level)),
    )


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


def satisfies_level(actual: str, required: str) -> bool:
    """Whether a session of the ``actual`` credential level satisfies the ``required`` one."""
    return CREDENTIAL_LEVELS.index(actual) >= CREDENTIAL_LEVELS.index(required)


def satisfies_identity(actual: str, required: str) -> bool:
    """Whether an identity proven to the ``actual`` level satisfies the ``required`` one."""
    return IDENTITY_LEVELS.index(actual) >= IDENTITY_LEVELS.index(required)
