"""Check an upstream's registration: which values fit together, and which issuers are trusted.

Microsoft's tenants: https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc. GOV.UK One Login:
https://docs.sign-in.service.gov.uk/before-integrating/set-up-your-public-and-private-keys/.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from identity.clients.rules.registration import OPENID, Fault
from identity.shared.rules import uris

ONELOGIN = "onelogin"
STAFF = "staff"
JIT = "jit"
SCIM = "scim"
SUB = "sub"
OID = "oid"
KEY = "private_key_jwt"
SECRET = "client_secret"  # noqa: S105 - the name of the way
SESSION_HOURS = 8
MAX_HOURS = 24
SCOPES: Mapping[str, tuple[str, ...]] = {
    ONELOGIN: (OPENID, "email"),
    "oidc": (OPENID, "email", "profile"),
}
"""Scopes to request where a registration names none."""
_ENTRA_HOSTS = frozenset(
    {"login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"}
)
_OLD_ENTRA_HOST = "sts.windows.net"
_PERSONAL_TENANT = (
    "9188040d-6c67-4c5b-b112-36a304b66dad"  # the tenant of everybody's private Microsoft accounts
)
_SHARED_TENANTS = frozenset({"common", "organizations", "consumers", _PERSONAL_TENANT})
_TENANT = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_UNSTABLE_CLAIMS = frozenset({"email", "upn", "preferred_username", "unique_name", "name", "phone_number"})
_DID_PATH = ".well-known/did.json"


@dataclass(frozen=True, slots=True)
class Registration:
    """The values of a registration that are checked together."""

    kind: str
    audience: str
    issuer: str
    authentication: str
    scopes: Sequence[str]
    tenant: str | None
    subject_claim: str
    groups_claim: str | None
    provisioning: str
    identity_level: str | None


def list_faults(registration: Registration, trusted: Mapping[str, str], *, laptop: bool) -> Iterator[Fault]:
    """List all that is wrong with a registration, each with what to do.

    ``laptop``: our own issuer is http. ``trusted``: see ``get_did_url``.
    """
    if message := find_issuer_fault(registration.issuer, laptop=laptop):
        yield Fault("issuer", message, "bad_issuer")
        return
    if OPENID not in registration.scopes:
        yield Fault("scopes", "must have openid among them: people are to sign in", "openid_missing")
    if registration.subject_claim in _UNSTABLE_CLAIMS:
        message = (
            f"cannot be {registration.subject_claim}, which may be another person's tomorrow: use sub or oid"
        )
        yield Fault("subject_claim", message, "changes_hands")
    yield from _list_tenant_faults(registration)
    yield from (
        _list_one_login_faults(registration, trusted, laptop=laptop)
        if registration.kind == ONELOGIN
        else _list_other_faults(registration)
    )


def find_issuer_fault(issuer: str, *, laptop: bool) -> str | None:
    """Find why a text cannot be an issuer, or None: it must be https at a public name, in normal form.

    On a laptop http on this machine is allowed too. It must be exactly the issuer that the provider states.
    """
    if fault := uris.find_redirect_fault(issuer, live=not laptop):
        return fault
    return (
        "must have no query: it is the issuer as its discovery document writes it" if "?" in issuer else None
    )


def _list_tenant_faults(registration: Registration) -> Iterator[Fault]:
    parts = urlsplit(registration.issuer)
    path = parts.path.split("/")
    if parts.hostname == _OLD_ENTRA_HOST:
        message = "is of Entra ID's old tokens: use https://login.microsoftonline.com/{tenant}/v2.0"
        yield Fault("issuer", message, "old_issuer")
    elif parts.hostname in _ENTRA_HOSTS and _SHARED_TENANTS & {part.lower() for part in path}:
        message = "lets people of any organisation in: name your own tenant in it"
        yield Fault("issuer", message, "any_tenant")
    elif parts.hostname in _ENTRA_HOSTS and registration.tenant is None:
        message = "is missing: give the id of your directory (tenant), a UUID, as in the issuer"
        yield Fault("tenant", message, "tenant_missing")
    elif registration.tenant is not None:
        yield from _list_named_tenant_faults(registration, at_microsoft=parts.hostname in _ENTRA_HOSTS)


def _list_named_tenant_faults(registration: Registration, *, at_microsoft: bool) -> Iterator[Fault]:
    host = urlsplit(registration.issuer).netloc
    if not _TENANT.fullmatch(registration.tenant or ""):
        yield Fault("tenant", "must be the directory's id: a UUID in lower case", "bad_tenant")
    elif at_microsoft and registration.issuer != (expected := f"https://{host}/{registration.tenant}/v2.0"):
        yield Fault("issuer", f"must be {expected} for this tenant", "not_of_tenant")
    elif registration.tenant not in urlsplit(registration.issuer).path.split("/"):
        yield Fault("issuer", "must have the tenant in its path", "not_of_tenant")
    if at_microsoft and registration.authentication == KEY:
        message = "is missing: Entra ID reads no JWKS of a client's, so give the secret made there"
        yield Fault("client_secret", message, "secret_needed")


def _list_one_login_faults(
    registration: Registration, trusted: Mapping[str, str], *, laptop: bool
) -> Iterator[Fault]:
    if registration.audience == STAFF:
        yield Fault("audience", "must be residents: One Login knows nobody's employer", "residents_only")
    if registration.authentication == SECRET:
        message = "is not used: One Login takes private_key_jwt; leave it out and register the JWKS there"
        yield Fault("client_secret", message, "key_needed")
    if get_did_url(registration.issuer, trusted, laptop=laptop) is None:
        trusted_issuers = ", ".join(sorted(trusted)) or "none"
        message = (
            f"is not one whose proofs of identity this region takes ({trusted_issuers}); ask its operator"
        )
        yield Fault("issuer", message, "not_trusted")
    for field, value in (("tenant", registration.tenant), ("groups_claim", registration.groups_claim)):
        if value is not None:
            yield Fault(field, "is nothing of One Login's: leave it out", "not_of_kind")
    if registration.subject_claim != SUB:
        yield Fault("subject_claim", "must be sub", "not_of_kind")
    yield from _list_resident_faults(registration)


def _list_other_faults(registration: Registration) -> Iterator[Fault]:
    if registration.identity_level is not None:
        message = "is of kind onelogin: no other provider proves people's identity for us; leave it out"
        yield Fault("identity_level", message, "not_of_kind")
    if registration.audience != STAFF:
        yield from _list_resident_faults(registration)
        if registration.groups_claim is not None:
            yield Fault("groups_claim", "is of staff: leave it out", "staff_only")


def _list_resident_faults(registration: Registration) -> Iterator[Fault]:
    if registration.provisioning != SCIM:
        yield Fault("provisioning", "is of staff: leave it out", "staff_only")


def get_did_url(issuer: str, trusted: Mapping[str, str], *, laptop: bool) -> str | None:
    """Get the URL of the keys for an issuer's statements of identity; None if it is not trusted for them.

    A proof of identity counts at every council, so the region decides who is trusted: ``trusted``, issuer to
    DID document. On a laptop its own providers are trusted too.
    """
    if (url := trusted.get(issuer)) is not None:
        return url
    on_laptop = laptop and urlsplit(issuer).scheme == "http"
    return f"{issuer.rstrip('/')}/{_DID_PATH}" if on_laptop else None
