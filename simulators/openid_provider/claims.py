"""The claims of id_tokens, of userinfo and of coreIdentityJWT, before they are signed."""

import hashlib
from typing import Any

from simulators.openid_provider.authorization_request import IDENTITY_LEVELS, AuthorizationRequest
from simulators.openid_provider.grants import Grant
from simulators.openid_provider.providers import ADDRESS, CORE_IDENTITY, RETURN_CODE
from simulators.openid_provider.residents import Resident
from simulators.openid_provider.signing_keys import base64url
from simulators.openid_provider.staff import Member

ID_TOKEN_SECONDS = {"onelogin": 120, "directory": 3_600}
CORE_IDENTITY_SECONDS = 1_800


def subject(request: AuthorizationRequest, person: str) -> str:
    """Return the pairwise subject: each client sees another one for the same person."""
    text = f"{request.provider.kind}|{request.provider.tenant}|{request.client.client_id}|{person}"
    digest = base64url(hashlib.sha256(text.encode()).digest())
    return f"urn:fdc:gov.uk:2022:{digest}" if request.provider.kind == "onelogin" else digest


def at_hash(access_token: str) -> str:
    """Hash an access token (OpenID Connect Core 3.1.3.6), for algorithms with SHA-256."""
    return base64url(hashlib.sha256(access_token.encode()).digest()[:16])


def id_token_claims(grant: Grant, access_token: str, now: int) -> dict[str, Any]:
    """Return the claims that every id_token has."""
    request = grant.request
    return {
        "iss": request.provider.issuer,
        "sub": subject(request, grant.person),
        "aud": request.client.client_id,
        "iat": now,
        "exp": now + ID_TOKEN_SECONDS[request.provider.kind],
        "nonce": request.nonce,
        "at_hash": at_hash(access_token),
        "auth_time": grant.auth_time,
        "sid": grant.sid,
    }


def trust_claims(request: AuthorizationRequest) -> dict[str, Any]:
    """Return vot and vtm. Their level is of the credential alone: coreIdentityJWT has that of identity."""
    return {"vot": request.credential_trust, "vtm": f"{request.provider.issuer}trustmark"}


def directory_claims(request: AuthorizationRequest, member: Member) -> dict[str, Any]:
    """Return the claims that Entra ID adds to an id_token. Nobody vouches for ``email``."""
    claims: dict[str, Any] = {
        "tid": request.provider.tenant,
        "oid": member.oid,
        "ver": "2.0",
        "groups": sorted(member.groups),
    }
    if "profile" in request.scopes:
        claims |= {"name": member.name, "preferred_username": member.username}
    if "email" in request.scopes and member.email:
        claims["email"] = member.email
    return claims


def contact_claims(request: AuthorizationRequest, resident: Resident) -> dict[str, Any]:
    """Return the e-mail address and telephone number, if the scopes ask for them."""
    claims: dict[str, Any] = {}
    if "email" in request.scopes:
        claims |= {"email": resident.email, "email_verified": True}
    if "phone" in request.scopes:
        claims |= {"phone_number": resident.phone, "phone_number_verified": True}
    return claims


def identity_level(request: AuthorizationRequest, resident: Resident) -> str:
    """Return the highest level that the request allows and the resident can prove; empty for none."""
    limit = IDENTITY_LEVELS.index(resident.level)
    return max((level for level in request.levels if IDENTITY_LEVELS.index(level) <= limit), default="")


def core_identity_claims(
    request: AuthorizationRequest, resident: Resident, level: str, now: int
) -> dict[str, Any]:
    """Return the claims of coreIdentityJWT."""
    given_names = [{"type": "GivenName", "value": name} for name in resident.given_names]
    credential_subject = {
        "name": [{"nameParts": [*given_names, {"type": "FamilyName", "value": resident.family}]}],
        "birthDate": [{"value": resident.born}],
    }
    return {
        "iss": request.provider.issuer,
        "sub": subject(request, resident.key),
        "aud": request.client.client_id,
        "iat": now,
        "nbf": now,
        "exp": now + CORE_IDENTITY_SECONDS,
        "vot": level,
        "vtm": f"{request.provider.issuer}trustmark",
        "vc": {
            "type": ["VerifiableCredential", "IdentityCheckCredential"],
            "credentialSubject": credential_subject,
        },
    }


def identity_claims(
    request: AuthorizationRequest, resident: Resident, core_identity_jwt: str
) -> dict[str, Any]:
    """Return the claims of a proof of identity that the request names and that have a value.

    ``core_identity_jwt`` is empty if no level was reached: then the return codes say why.
    """
    proven = bool(core_identity_jwt)
    claims: dict[str, Any] = {
        CORE_IDENTITY: core_identity_jwt,
        ADDRESS: [dict(resident.address)] if proven and resident.address else None,
        RETURN_CODE: None if proven else [{"code": code} for code in resident.return_codes],
    }
    return {name: claims[name] for name in request.claims if claims[name]}
