"""What a client is told of a person: the claims of tokens and of userinfo, before they are signed."""

import hashlib
from typing import Any

from simulators.openid_provider.authorization_request import LEVELS, Asked
from simulators.openid_provider.grants import Grant
from simulators.openid_provider.providers import ADDRESS, CORE_IDENTITY, RETURN_CODE
from simulators.openid_provider.residents import Resident
from simulators.openid_provider.signing_keys import base64url
from simulators.openid_provider.staff import Member

ID_TOKEN_SECONDS = {"onelogin": 120, "directory": 3_600}
IDENTITY_SECONDS = 1_800


def subject(asked: Asked, key: str) -> str:
    """Pairwise: the same person is another subject for every client."""
    text = f"{asked.provider.kind}|{asked.provider.tenant}|{asked.client.client_id}|{key}"
    digest = base64url(hashlib.sha256(text.encode()).digest())
    return f"urn:fdc:gov.uk:2022:{digest}" if asked.provider.kind == "onelogin" else digest


def at_hash(access_token: str) -> str:
    """OpenID Connect Core 3.1.3.6, for algorithms with SHA-256."""
    return base64url(hashlib.sha256(access_token.encode()).digest()[:16])


def id_token(grant: Grant, access_token: str, now: int) -> dict[str, Any]:
    """What every id_token says."""
    asked = grant.request
    return {
        "iss": asked.provider.issuer,
        "sub": subject(asked, grant.person),
        "aud": asked.client.client_id,
        "iat": now,
        "exp": now + ID_TOKEN_SECONDS[asked.provider.kind],
        "nonce": asked.nonce,
        "at_hash": at_hash(access_token),
        "auth_time": grant.at,
        "sid": grant.sid,
    }


def of_trust(asked: Asked) -> dict[str, Any]:
    """The credential part alone: the level of identity is in coreIdentityJWT."""
    return {"vot": asked.credential, "vtm": f"{asked.provider.issuer}trustmark"}


def of_directory(asked: Asked, member: Member) -> dict[str, Any]:
    """What Entra ID's id_token says beside; nobody vouches for ``email``."""
    told: dict[str, Any] = {
        "tid": asked.provider.tenant,
        "oid": member.oid,
        "ver": "2.0",
        "groups": sorted(member.groups),
    }
    if "profile" in asked.scopes:
        told |= {"name": member.name, "preferred_username": member.username}
    if "email" in asked.scopes and member.email:
        told["email"] = member.email
    return told


def contact(asked: Asked, person: Resident) -> dict[str, Any]:
    """E-mail address and telephone number, where the scopes ask."""
    told: dict[str, Any] = {}
    if "email" in asked.scopes:
        told |= {"email": person.email, "email_verified": True}
    if "phone" in asked.scopes:
        told |= {"phone_number": person.phone, "phone_number_verified": True}
    return told


def reached(asked: Asked, person: Resident) -> str:
    """The highest level that is asked and can be proven; empty when none is."""
    proven = [level for level in asked.levels if LEVELS.index(level) <= LEVELS.index(person.level)]
    return max(proven, default="")


def unsigned_identity(asked: Asked, person: Resident, level: str, now: int) -> dict[str, Any]:
    """The content of coreIdentityJWT."""
    parts = [{"type": "GivenName", "value": name} for name in person.given]
    shown = {
        "name": [{"nameParts": [*parts, {"type": "FamilyName", "value": person.family}]}],
        "birthDate": [{"value": person.born}],
    }
    return {
        "iss": asked.provider.issuer,
        "sub": subject(asked, person.key),
        "aud": asked.client.client_id,
        "iat": now,
        "nbf": now,
        "exp": now + IDENTITY_SECONDS,
        "vot": level,
        "vtm": f"{asked.provider.issuer}trustmark",
        "vc": {"type": ["VerifiableCredential", "IdentityCheckCredential"], "credentialSubject": shown},
    }


def of_identity(asked: Asked, person: Resident, signed: str) -> dict[str, Any]:
    """The claims of an identity that was asked for: those the request names, else none."""
    known: dict[str, Any] = {
        CORE_IDENTITY: signed,
        ADDRESS: [dict(person.address)] if signed and person.address else None,
        RETURN_CODE: None if signed else [{"code": code} for code in person.return_codes],
    }
    return {name: known[name] for name in asked.claims if known[name]}
