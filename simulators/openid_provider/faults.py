"""The faults that a tester can choose, to see that a relying party notices them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Signature = Literal["own", "foreign", "unknown", "none", "hmac"]
"""How a token is signed: by the provider; by another key under the provider's kid; by another key under a kid
that is not published; not at all (``alg`` none); or by HS256 with the public key as the secret."""
Changes = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Faults:
    """Changes to the answers; a value of None removes a member.

    ``redirect``: parameters of the redirect to the client. ``identity``: claims of coreIdentityJWT.
    ``status`` (HTTP) and ``slow`` (seconds) by endpoint: discovery, jwks, did, authorize, token, userinfo.
    """

    redirect: Changes = field(default_factory=dict)
    id_token: Changes = field(default_factory=dict)
    signed_by: Signature = "own"
    userinfo: Changes = field(default_factory=dict)
    identity: Changes = field(default_factory=dict)
    identity_signed_by: Signature = "own"
    status: Mapping[str, int] = field(default_factory=dict)
    slow: Mapping[str, float] = field(default_factory=dict)


NO_FAULTS = Faults()
_LONG_AGO = 1_600_000_000

NAMED: Mapping[str, Faults] = {
    "wrong-state": Faults(redirect={"state": "a-state-nobody-sent"}),
    "no-state": Faults(redirect={"state": None}),
    "no-code": Faults(redirect={"code": None}),
    "wrong-iss-parameter": Faults(redirect={"iss": "https://attacker.example/"}),
    "wrong-nonce": Faults(id_token={"nonce": "a-nonce-nobody-sent"}),
    "no-nonce": Faults(id_token={"nonce": None}),
    "wrong-iss": Faults(id_token={"iss": "https://attacker.example/"}),
    "wrong-aud": Faults(id_token={"aud": "another-client"}),
    "second-aud": Faults(id_token={"aud": ["another-client", "a-third"]}),
    "wrong-azp": Faults(id_token={"azp": "another-client"}),
    "expired": Faults(id_token={"iat": _LONG_AGO, "exp": _LONG_AGO + 120}),
    "no-exp": Faults(id_token={"exp": None}),
    "issued-tomorrow": Faults(id_token={"iat": 4_000_000_000, "exp": 4_000_000_120}),
    "no-sub": Faults(id_token={"sub": None}),
    "alg-none": Faults(signed_by="none"),
    "alg-hmac": Faults(signed_by="hmac"),
    "foreign-key": Faults(signed_by="foreign"),
    "unknown-key": Faults(signed_by="unknown"),
    "wrong-at-hash": Faults(id_token={"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}),
    "token-500": Faults(status={"token": 500}),
    "keys-500": Faults(status={"jwks": 500}),
}
"""Faults of any provider, by name."""

ONE_LOGIN: Mapping[str, Faults] = {
    "lower-vot": Faults(id_token={"vot": "Cl"}),
    "no-vot": Faults(id_token={"vot": None}),
    "other-userinfo-sub": Faults(userinfo={"sub": "urn:fdc:gov.uk:2022:somebody-else"}),
    "userinfo-500": Faults(status={"userinfo": 500}),
    "did-503": Faults(status={"did": 503}),
}
"""Faults of One Login alone, at any step."""

IDENTITY: Mapping[str, Faults] = {
    "identity-foreign-key": Faults(identity_signed_by="foreign"),
    "identity-unknown-key": Faults(identity_signed_by="unknown"),
    "identity-alg-none": Faults(identity_signed_by="none"),
    "identity-alg-hmac": Faults(identity_signed_by="hmac"),
    "identity-wrong-iss": Faults(identity={"iss": "https://attacker.example/"}),
    "identity-wrong-aud": Faults(identity={"aud": "another-client"}),
    "identity-other-sub": Faults(identity={"sub": "urn:fdc:gov.uk:2022:somebody-else"}),
    "identity-lower-vot": Faults(identity={"vot": "P0"}),
    "identity-expired": Faults(identity={"iat": _LONG_AGO, "nbf": _LONG_AGO, "exp": _LONG_AGO + 600}),
}
"""Faults of a proof of identity. They show when the client asks for one."""

DIRECTORY: Mapping[str, Faults] = {
    "wrong-tid": Faults(id_token={"tid": "99999999-0000-4000-8000-000000000009"}),
    "no-tid": Faults(id_token={"tid": None}),
    "no-oid": Faults(id_token={"oid": None}),
    "too-many-groups": Faults(
        id_token={"groups": None, "_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {}}}
    ),
}
"""Faults of the directory alone."""

ALL: Mapping[str, Faults] = {**NAMED, **ONE_LOGIN, **IDENTITY, **DIRECTORY}


def apply_changes(members: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """Replace members, and remove those whose new value is None."""
    return {name: value for name, value in {**members, **changes}.items() if value is not None}
