"""A person's identity as GOV.UK One Login proved it: coreIdentityJWT, address, returnCode."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from identity.shared.oauth import claims, vectors
from identity.shared.rules.core_identity import build_did
from identity.upstream_login.rules.id_tokens import SKEW, RefusedError, moment, signed
from identity.upstreams.rules.metadata import Keys

EVIDENCE = "GOV.UK One Login"
_ALGORITHMS = {"ES256": "EC"}
_MOST = 10
_LONGEST = 200
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
    """What was proven. ``addresses`` by the names of the address claim, the present ones first."""

    level: str
    given_names: tuple[str, ...]
    family_name: str
    born: date
    addresses: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class NotProven:
    """The provider could not prove it; ``codes`` say why (returnCode)."""

    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """What the statement must say. ``did``: whose keys were pinned; ``level``: the least that will do."""

    did: str
    client_id: str
    subject: str
    level: str


def read(userinfo: Mapping[str, Any], keys: Keys, expected: Expected, now: float) -> Identity | NotProven:
    """What userinfo tells of the identity. Raises RefusedError for a statement that does not hold."""
    statement = userinfo.get(claims.CORE_IDENTITY)
    if statement is None:
        return NotProven(_codes(userinfo.get(claims.RETURN_CODE)))
    if not isinstance(statement, str):
        raise RefusedError("coreIdentityJWT is no text")
    found = signed(statement, keys, _ALGORITHMS)
    _meant(found, expected, now)
    level = found.get("vot")
    if level not in vectors.IDENTITY_LEVELS:
        raise RefusedError("vot of coreIdentityJWT is no level of identity")
    if not vectors.satisfies_identity(level, expected.level):
        return NotProven(_codes(userinfo.get(claims.RETURN_CODE)))
    subject = _object(_object(found.get("vc")).get("credentialSubject"))
    given, family = _name(subject.get("name"))
    addresses = _addresses(userinfo.get(claims.ADDRESS))
    return Identity(level, given, family, _born(subject.get("birthDate"), now), addresses)


def _meant(found: Mapping[str, Any], expected: Expected, now: float) -> None:
    issuer, expires, begins = found.get("iss"), moment(found, "exp"), moment(found, "nbf")
    if not isinstance(issuer, str) or build_did(issuer) != expected.did:
        raise RefusedError("iss of coreIdentityJWT is not who signs")
    if found.get("aud") != expected.client_id:
        raise RefusedError("aud of coreIdentityJWT is another client")
    if found.get("sub") != expected.subject:
        raise RefusedError("sub of coreIdentityJWT is another person")
    if expires is None or expires <= now - SKEW:
        raise RefusedError("coreIdentityJWT is over")
    if "nbf" in found and (begins is None or begins > now + SKEW):
        raise RefusedError("coreIdentityJWT is not in force yet")


def _codes(value: Any) -> tuple[str, ...]:
    found = (
        [one.get("code") for one in value[:_MOST] if isinstance(one, dict)] if isinstance(value, list) else []
    )
    return tuple(code for code in found if isinstance(code, str) and _CODE.fullmatch(code))


def _name(value: Any) -> tuple[tuple[str, ...], str]:
    """The name the person has now: the one without an end, else the first."""
    names = [one for one in _list(value) if isinstance(one, dict)]
    current = [one for one in names if not one.get("validUntil")] or names
    parts = [part for part in _list(current[0].get("nameParts")) if isinstance(part, dict)] if current else []
    given = tuple(_text(part.get("value")) for part in parts if part.get("type") == "GivenName")
    family = " ".join(_text(part.get("value")) for part in parts if part.get("type") == "FamilyName")
    if not given or not family or len(family) > _LONGEST:
        raise RefusedError("coreIdentityJWT has no given name and family name")
    return given, family


def _born(value: Any, now: float) -> date:
    found = [one.get("value") for one in _list(value) if isinstance(one, dict)]
    try:
        born = date.fromisoformat(str(found[0]) if found else "")
    except ValueError as error:
        raise RefusedError("coreIdentityJWT has no date of birth") from error
    if not _EARLIEST <= born <= datetime.fromtimestamp(now, UTC).date():
        raise RefusedError("coreIdentityJWT has a date of birth that cannot be")
    return born


def _addresses(value: Any) -> tuple[Mapping[str, Any], ...]:
    """Unsigned, but from userinfo over TLS. What has no known member is left out."""
    found = [_address(one) for one in _list(value or []) if isinstance(one, dict)]
    kept = [one for one in found if one]
    return tuple(sorted(kept, key=lambda one: "validUntil" in one))


def _address(given: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {
        name: value
        for name in _ADDRESS
        if isinstance(value := given.get(name), str) and 0 < len(value) <= _LONGEST and value.isprintable()
    }
    uprn = str(given.get("uprn", ""))
    if kept and _UPRN.fullmatch(uprn) and int(uprn) > 0:
        kept["uprn"] = int(uprn)
    return kept


def _text(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST or not value.isprintable():
        raise RefusedError("coreIdentityJWT has a name that is no short text")
    return value


def _list(value: Any) -> Sequence[Any]:
    if not isinstance(value, list) or len(value) > _MOST:
        raise RefusedError("userinfo has no list, or too long a one, where one must be")
    return value


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise RefusedError("coreIdentityJWT has no credentialSubject")
    return value
