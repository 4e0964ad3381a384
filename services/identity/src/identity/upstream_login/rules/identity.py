"""Read an identity that GOV.UK One Login proved: coreIdentityJWT, address, returnCode."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from identity.shared.oauth import claims, vectors
from identity.shared.rules.core_identity import build_did
from identity.upstream_login.rules.id_tokens import (
    SKEW,
    InvalidTokenError,
    get_numeric_date,
    verify_signature,
)
from identity.upstreams.rules.metadata import Keys

EVIDENCE = "GOV.UK One Login"
_ALGORITHMS = {"ES256": "EC"}
_MAX_ITEMS = 10
_MAX_TEXT = 200
_UPRN = re.compile(r"[0-9]{1,12}")
_CODE = re.compile(r"[A-Z]{1,3}")
_EARLIEST = date(1890, 1, 1)
_ADDRESS = (
    "subBuildingName", "buildingName", "buildingNumber", "organisationName", "departmentName", "streetName",
    "dependentStreetName", "doubleDependentAddressLocality", "dependentAddressLocality", "addressLocality",
    "postalCode", "addressCountry", "validFrom", "validUntil",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity that was proven. ``addresses`` use the names of the address claim, current ones first."""

    level: str
    given_names: tuple[str, ...]
    family_name: str
    birth_date: date
    addresses: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class NotProven:
    """The provider could not prove the identity; ``codes`` say why (returnCode)."""

    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """What the statement must contain. ``did``: of the pinned keys; ``level``: the lowest that is enough."""

    did: str
    client_id: str
    subject: str
    level: str


def read_identity(
    userinfo: Mapping[str, Any], keys: Keys, expected: Expected, now: float
) -> Identity | NotProven:
    """Read the identity from userinfo. Raises InvalidTokenError for a statement that is not valid."""
    statement = userinfo.get(claims.CORE_IDENTITY)
    if statement is None:
        return NotProven(_read_codes(userinfo.get(claims.RETURN_CODE)))
    if not isinstance(statement, str):
        raise InvalidTokenError("coreIdentityJWT is no text")
    signed_claims = verify_signature(statement, keys, _ALGORITHMS)
    _check_claims(signed_claims, expected, now)
    level = signed_claims.get("vot")
    if level not in vectors.IDENTITY_LEVELS:
        raise InvalidTokenError("vot of coreIdentityJWT is no level of identity")
    if not vectors.satisfies_identity(level, expected.level):
        return NotProven(_read_codes(userinfo.get(claims.RETURN_CODE)))
    subject = _read_object(_read_object(signed_claims.get("vc")).get("credentialSubject"))
    given_names, family_name = _read_name(subject.get("name"))
    addresses = _read_addresses(userinfo.get(claims.ADDRESS))
    return Identity(
        level, given_names, family_name, _read_birth_date(subject.get("birthDate"), now), addresses
    )


def _check_claims(claims: Mapping[str, Any], expected: Expected, now: float) -> None:
    issuer, expires, begins = (
        claims.get("iss"),
        get_numeric_date(claims, "exp"),
        get_numeric_date(claims, "nbf"),
    )
    if not isinstance(issuer, str) or build_did(issuer) != expected.did:
        raise InvalidTokenError("iss of coreIdentityJWT is not who signs")
    if claims.get("aud") != expected.client_id:
        raise InvalidTokenError("aud of coreIdentityJWT is another client")
    if claims.get("sub") != expected.subject:
        raise InvalidTokenError("sub of coreIdentityJWT is another person")
    if expires is None or expires <= now - SKEW:
        raise InvalidTokenError("coreIdentityJWT is over")
    if "nbf" in claims and (begins is None or begins > now + SKEW):
        raise InvalidTokenError("coreIdentityJWT is not in force yet")


def _read_codes(value: Any) -> tuple[str, ...]:
    values = (
        [item.get("code") for item in value[:_MAX_ITEMS] if isinstance(item, dict)]
        if isinstance(value, list)
        else []
    )
    return tuple(code for code in values if isinstance(code, str) and _CODE.fullmatch(code))


def _read_name(value: Any) -> tuple[tuple[str, ...], str]:
    """Read the person's current name: the one without an end, else the first."""
    names = [item for item in _read_list(value) if isinstance(item, dict)]
    current = [item for item in names if not item.get("validUntil")] or names
    parts = (
        [part for part in _read_list(current[0].get("nameParts")) if isinstance(part, dict)]
        if current
        else []
    )
    given_names = tuple(_read_text(part.get("value")) for part in parts if part.get("type") == "GivenName")
    family_name = " ".join(
        _read_text(part.get("value")) for part in parts if part.get("type") == "FamilyName"
    )
    if not given_names or not family_name or len(family_name) > _MAX_TEXT:
        raise InvalidTokenError("coreIdentityJWT has no given name and family name")
    return given_names, family_name


def _read_birth_date(value: Any, now: float) -> date:
    dates = [item.get("value") for item in _read_list(value) if isinstance(item, dict)]
    try:
        birth_date = date.fromisoformat(str(dates[0]) if dates else "")
    except ValueError as error:
        raise InvalidTokenError("coreIdentityJWT has no date of birth") from error
    if not _EARLIEST <= birth_date <= datetime.fromtimestamp(now, UTC).date():
        raise InvalidTokenError("coreIdentityJWT has a date of birth that cannot be")
    return birth_date


def _read_addresses(value: Any) -> tuple[Mapping[str, Any], ...]:
    """Read the addresses, which are unsigned but come over TLS. One without a known member is left out."""
    addresses = [_read_address(address) for address in _read_list(value or []) if isinstance(address, dict)]
    not_empty = [address for address in addresses if address]
    return tuple(sorted(not_empty, key=lambda address: "validUntil" in address))


def _read_address(claim: Mapping[str, Any]) -> dict[str, Any]:
    address: dict[str, Any] = {
        name: value
        for name in _ADDRESS
        if isinstance(value := claim.get(name), str) and 0 < len(value) <= _MAX_TEXT and value.isprintable()
    }
    uprn = str(claim.get("uprn", ""))
    if address and _UPRN.fullmatch(uprn) and int(uprn) > 0:
        address["uprn"] = int(uprn)
    return address


def _read_text(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_TEXT or not value.isprintable():
        raise InvalidTokenError("coreIdentityJWT has a name that is no short text")
    return value


def _read_list(value: Any) -> Sequence[Any]:
    if not isinstance(value, list) or len(value) > _MAX_ITEMS:
        raise InvalidTokenError("userinfo has no list, or too long a one, where one must be")
    return value


def _read_object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidTokenError("coreIdentityJWT has no credentialSubject")
    return value
