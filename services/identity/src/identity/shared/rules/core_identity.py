"""A proven identity as services of GOV.UK One Login know it: a signed statement, and the keys to check it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlsplit

STATEMENT_SECONDS = 600
"""Life of coreIdentityJWT. One Login's documents give none, its simulator a day; a service checks it at once.

Not longer than the key that signed it stays published (``tokens.ACCESS_SECONDS`` after it signs no more).
"""
NOT_PROVEN = "X"


def build_did(issuer: str) -> str:
    """The issuer as a DID (did:web method): its path after colons, its port percent-encoded."""
    parts = urlsplit(issuer)
    place = [parts.netloc.replace(":", "%3A"), *(part for part in parts.path.split("/") if part)]
    return f"did:web:{':'.join(place)}"


def build_did_document(issuer: str, published: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The DID document: the P-256 keys with which statements are checked."""
    own = build_did(issuer)
    methods = [
        {
            "type": "JsonWebKey",
            "id": f"{own}#{key['kid']}",
            "controller": own,
            "publicKeyJwk": {name: key[name] for name in ("kty", "crv", "x", "y", "alg")},
        }
        for key in published
        if key["alg"] == "ES256"
    ]
    context = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"]
    return {"@context": context, "id": own, "assertionMethod": methods}


def build_statement(
    issuer: str,
    client_id: str,
    subject: str,
    level: str,
    names: tuple[Sequence[str], str],
    born: date,
    now: int,
) -> dict[str, Any]:
    """The content of coreIdentityJWT. ``names``: given names and family name."""
    given, family = names
    parts = [{"type": "GivenName", "value": name} for name in given]
    person = {
        "name": [{"nameParts": [*parts, {"type": "FamilyName", "value": family}]}],
        "birthDate": [{"value": born.isoformat()}],
    }
    return {
        "iss": issuer,
        "sub": subject,
        "aud": client_id,
        "nbf": now,
        "iat": now,
        "exp": now + STATEMENT_SECONDS,
        "vot": level,
        "vtm": f"{issuer}trustmark",
        "vc": {
            "type": ["VerifiableCredential", "IdentityCheckCredential"],
            "credentialSubject": person,
        },
    }
