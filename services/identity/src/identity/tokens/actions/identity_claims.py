"""What a service learns of a proven identity, and the record that it did."""

from typing import Any

from sqlalchemy import Row

from chassis import ids
from chassis.database import Session
from identity.clients.actions.authentication import Provider
from identity.grants.actions import subjects
from identity.proofs.actions import proofs
from identity.shared.oauth import claims, vectors
from identity.shared.rules import core_identity, tokens


async def read_identity_claims(
    session: Session, provider: Provider, row: Row[Any], wanted: frozenset[str]
) -> dict[str, Any]:
    """The claims wanted of the proven identity behind a grant; nothing where none was asked for.

    Without a proof that is good enough ``returnCode`` says so, to whoever asked for it.
    """
    level = row.request["identity"]
    wanted &= claims.IDENTITY_CLAIMS
    if level == vectors.NO_IDENTITY or not wanted:
        return {}
    proof = await proofs.current(session, row.account)
    if proof is None or not vectors.satisfies_identity(proof.level, level):
        return (
            {claims.RETURN_CODE: [{"code": core_identity.NOT_PROVEN}]} if claims.RETURN_CODE in wanted else {}
        )
    found: dict[str, Any] = {}
    client_id = ids.show(row.client)
    if claims.CORE_IDENTITY in wanted:
        found[claims.CORE_IDENTITY] = _sign_statement(provider, row, client_id, proof)
    if claims.ADDRESS in wanted:
        found[claims.ADDRESS] = [dict(one) for one in proof.person.addresses]
    if found:
        await session.see(row.council)
        await proofs.read_by(session, row.council, row.account, proof.id, client_id)
    return found


def _sign_statement(provider: Provider, row: Row[Any], client_id: str, proof: proofs.Proof) -> str:
    issuer, person = provider.issuer, proof.person
    subject = subjects.derive_subject(issuer, row.council, row.account)
    names = (person.given_names, person.family_name)
    now = int(provider.now().timestamp())
    content = core_identity.build_statement(
        issuer.url, client_id, subject, proof.level, names, person.birth_date, now
    )
    signer = issuer.select_key()
    return tokens.sign_jwt(signer, "JWT", content, kid=f"{core_identity.build_did(issuer.url)}#{signer.kid}")
