"""The claims a client gets of a person: of the account, and of the proven identity, which is recorded."""

from typing import Any

from sqlalchemy import Row

from chassis import ids
from chassis.database import Session
from identity.accounts.actions import accounts
from identity.clients.actions.authentication import Provider
from identity.grants.actions import subjects
from identity.proofs.actions import accesses, proofs
from identity.shared.oauth import claims, vectors
from identity.shared.rules import core_identity, tokens
from identity.staff.actions import members


async def read_userinfo(
    session: Session, provider: Provider, grant: Row[Any], requested: frozenset[str]
) -> dict[str, Any]:
    """Read the claims of the person behind a grant (OpenID Connect Core 5.3)."""
    subject = subjects.derive_subject(provider.issuer, grant.sector, grant.account)
    identity = await read_identity_claims(session, provider, grant, requested)
    return {**identity, **await read_account_claims(session, grant, requested), "sub": subject}


async def read_account_claims(session: Session, grant: Row[Any], requested: frozenset[str]) -> dict[str, Any]:
    """Read the requested claims of a grant's account: those there are."""
    found: dict[str, Any] = {}
    account = await accounts.get(session, grant.account)
    if account is not None and account.address is not None:
        found |= {"email": account.address, "email_verified": True}
    if account is not None and account.phone is not None:  # only a proven number is stored
        found |= {"phone_number": account.phone, "phone_number_verified": True}
    if claims.NAME in requested:
        await session.set_council(grant.council)
        name = await members.get_name(session, grant.council, grant.account)
        found |= {claims.NAME: name} if name else {}
    return {name: value for name, value in found.items() if name in requested}


async def read_identity_claims(
    session: Session, provider: Provider, grant: Row[Any], requested: frozenset[str]
) -> dict[str, Any]:
    """Read the requested claims of the proven identity behind a grant; none where no proof was asked for.

    Where the proof is missing or too weak ``returnCode`` says so, if it is requested.
    """
    level = grant.request["identity"]
    requested &= claims.IDENTITY_CLAIMS
    if level == vectors.NO_IDENTITY or not requested:
        return {}
    proof = await proofs.get_current(session, grant.account)
    if proof is None or not vectors.satisfies_identity(proof.level, level):
        unproven = {claims.RETURN_CODE: [{"code": core_identity.NOT_PROVEN}]}
        return unproven if claims.RETURN_CODE in requested else {}
    found: dict[str, Any] = {}
    client_id = ids.show(grant.client)
    if claims.CORE_IDENTITY in requested:
        found[claims.CORE_IDENTITY] = _sign_statement(provider, grant, client_id, proof)
    if claims.ADDRESS in requested:
        found[claims.ADDRESS] = [dict(address) for address in proof.person.addresses]
    if found:
        await session.set_council(grant.council)
        await accesses.record_read(session, grant.council, grant.account, proof.id, client_id)
    return found


def _sign_statement(provider: Provider, grant: Row[Any], client_id: str, proof: proofs.Proof) -> str:
    """Sign coreIdentityJWT, by the key as the DID document names it."""
    issuer, person = provider.issuer, proof.person
    subject = subjects.derive_subject(issuer, grant.sector, grant.account)
    names = (person.given_names, person.family_name)
    now = int(provider.now().timestamp())
    content = core_identity.build_statement(
        issuer.url, client_id, subject, proof.level, names, person.birth_date, now
    )
    key = issuer.select_key()
    return tokens.sign_jwt(key, "JWT", content, kid=f"{core_identity.build_did(issuer.url)}#{key.kid}")
