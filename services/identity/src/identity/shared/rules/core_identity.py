"""A proven identity in GOV.UK One Login's format: a signed statement, and the document with its keys."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlsplit

STATEMENT_SECONDS = 600
"""Life of coreIdentityJWT. One Login's documents give none, its simulator a day; a service checks it at once.

No longer than a retired key stays published (``tokens.ACCESS_SECONDS``).
"""
NOT_PROVEN = "X"


def build_did(issuer: str) -> str:
    """Build the issuer's DID (did:web method): its path after colons, its port percent-encoded."""
    parts = urlsplit(issuer)
    segments = [parts.netloc.replace(":", "%3A"), *(part for part in parts.path.split("/") if part)]
    return f"did:web:{':'.join(segments)}"


def build_did_document(issuer: str, published: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Build the DID document: the P-256 keys with which statements are checked."""
    did = build_did(issuer)
    methods = [
        {
            "type": "JsonWebKey",
            "id": f"{did}#{key['kid']}",
            "controller": did,
            "publicKeyJwk": {name: key[name] for name in ("kty", "crv", "x", "y", "alg")},
        }
        for key in published
        if key["alg"] == "ES256"
    ]
    context = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"]
    return {"@context": context, "id": did, "assertionMethod": methods}


def build_statement(
    issuer: str,
    client_id: str,
    subject: str,
    level: str,
    names: tuple[Sequence[str], str],
    birth_date: date,
    now: int,
) -> dict[str, Any]:
    """Build the content of coreIdentityJWT. ``names``: given names and family name."""
    given_names, family_name = names
    parts = [{"type": "GivenName", "value": name} for name in given_names]
    person = {
        "name": [{"nameParts": [*parts, {"type": "FamilyName", "value": family_name}]}],
        "birthDate": [{"value": birth_date.isoformat()}],
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
