"""What a council may register for an upstream: which values fit together, and whose word is taken.

Microsoft's tenants: https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc. GOV.UK One Login:
https://docs.sign-in.service.gov.uk/before-integrating/set-up-your-public-and-private-keys/.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from identity.clients.rules import OPENID, Fault
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
MOST_HOURS = 24
SCOPES: Mapping[str, tuple[str, ...]] = {
    ONELOGIN: (OPENID, "email"),
    "oidc": (OPENID, "email", "profile"),
}
"""What is asked for where a registration says nothing."""
_ENTRA = frozenset(
    {"login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"}
)
_OLD_ENTRA = "sts.windows.net"
_PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"  # the tenant of everybody's private Microsoft accounts
_EVERYBODY = frozenset({"common", "organizations", "consumers", _PERSONAL})
_TENANT = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_CHANGE_HANDS = frozenset({"email", "upn", "preferred_username", "unique_name", "name", "phone_number"})
_DID = ".well-known/did.json"


@dataclass(frozen=True, slots=True)
class Registration:
    """What is judged together."""

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


def faults(asked: Registration, proving: Mapping[str, str], *, laptop: bool) -> Iterator[Fault]:
    """All that is wrong with it, each with what to do.

    ``laptop``: our own issuer is http. ``proving``: see ``did_url``.
    """
    if message := issuer_fault(asked.issuer, laptop=laptop):
        yield Fault("issuer", message, "bad_issuer")
        return
    if OPENID not in asked.scopes:
        yield Fault("scopes", "must have openid among them: people are to sign in", "openid_missing")
    if asked.subject_claim in _CHANGE_HANDS:
        message = f"cannot be {asked.subject_claim}, which may be another person's tomorrow: use sub or oid"
        yield Fault("subject_claim", message, "changes_hands")
    yield from _of_tenant(asked)
    yield from (_of_one_login(asked, proving, laptop=laptop) if asked.kind == ONELOGIN else _of_others(asked))


def issuer_fault(issuer: str, *, laptop: bool) -> str | None:
    """Why this cannot be an issuer, or None: https at a public name, written in the one right way.

    On a laptop also http on this machine. It is compared character by character with what the provider says.
    """
    if fault := uris.redirect_fault(issuer, live=not laptop):
        return fault
    return (
        "must have no query: it is the issuer as its discovery document writes it" if "?" in issuer else None
    )


def _of_tenant(asked: Registration) -> Iterator[Fault]:
    parts = urlsplit(asked.issuer)
    path = parts.path.split("/")
    if parts.hostname == _OLD_ENTRA:
        message = "is of Entra ID's old tokens: use https://login.microsoftonline.com/{tenant}/v2.0"
        yield Fault("issuer", message, "old_issuer")
    elif parts.hostname in _ENTRA and _EVERYBODY & {part.lower() for part in path}:
        message = "lets people of any organisation in: name your own tenant in it"
        yield Fault("issuer", message, "any_tenant")
    elif parts.hostname in _ENTRA and asked.tenant is None:
        message = "is missing: give the id of your directory (tenant), a UUID, as in the issuer"
        yield Fault("tenant", message, "tenant_missing")
    elif asked.tenant is not None:
        yield from _of_named_tenant(asked, at_microsoft=parts.hostname in _ENTRA)


def _of_named_tenant(asked: Registration, *, at_microsoft: bool) -> Iterator[Fault]:
    host = urlsplit(asked.issuer).netloc
    if not _TENANT.fullmatch(asked.tenant or ""):
        yield Fault("tenant", "must be the directory's id: a UUID in lower case", "bad_tenant")
    elif at_microsoft and asked.issuer != (right := f"https://{host}/{asked.tenant}/v2.0"):
        yield Fault("issuer", f"must be {right} for this tenant", "not_of_tenant")
    elif asked.tenant not in urlsplit(asked.issuer).path.split("/"):
        yield Fault("issuer", "must have the tenant in its path", "not_of_tenant")
    if at_microsoft and asked.authentication == KEY:
        message = "is missing: Entra ID reads no JWKS of a client's, so give the secret made there"
        yield Fault("client_secret", message, "secret_needed")


def _of_one_login(asked: Registration, proving: Mapping[str, str], *, laptop: bool) -> Iterator[Fault]:
    if asked.audience == STAFF:
        yield Fault("audience", "must be residents: One Login knows nobody's employer", "residents_only")
    if asked.authentication == SECRET:
        message = "is not used: One Login takes private_key_jwt; leave it out and register the JWKS there"
        yield Fault("client_secret", message, "key_needed")
    if did_url(asked.issuer, proving, laptop=laptop) is None:
        known = ", ".join(sorted(proving)) or "none"
        message = f"is not one whose proofs of identity this region takes ({known}); ask its operator"
        yield Fault("issuer", message, "not_trusted")
    for field, value in (("tenant", asked.tenant), ("groups_claim", asked.groups_claim)):
        if value is not None:
            yield Fault(field, "is nothing of One Login's: leave it out", "not_of_kind")
    if asked.subject_claim != SUB:
        yield Fault("subject_claim", "must be sub", "not_of_kind")
    yield from _of_residents(asked)


def _of_others(asked: Registration) -> Iterator[Fault]:
    if asked.identity_level is not None:
        message = "is of kind onelogin: no other provider proves people's identity for us; leave it out"
        yield Fault("identity_level", message, "not_of_kind")
    if asked.audience != STAFF:
        yield from _of_residents(asked)
        if asked.groups_claim is not None:
            yield Fault("groups_claim", "is of staff: leave it out", "staff_only")


def _of_residents(asked: Registration) -> Iterator[Fault]:
    if asked.provisioning != SCIM:
        yield Fault("provisioning", "is of staff: leave it out", "staff_only")


def did_url(issuer: str, proving: Mapping[str, str], *, laptop: bool) -> str | None:
    """Where the keys of an issuer's statements of identity are; None if we take none from it.

    A proof of identity holds at every council of the region, so not the council says whose word is taken but
    the region: ``proving``, issuer to document. A laptop's own providers are taken as well.
    """
    if (found := proving.get(issuer)) is not None:
        return found
    at_home = laptop and urlsplit(issuer).scheme == "http"
    return f"{issuer.rstrip('/')}/{_DID}" if at_home else None
