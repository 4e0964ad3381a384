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


async def shown(
    session: Session, provider: Provider, row: Row[Any], wanted: frozenset[str]
) -> dict[str, Any]:
    """The claims wanted of the proven identity behind a grant; nothing where none was asked for.

    Without a proof that is good enough ``returnCode`` says so, to whoever asked for it.
    """
    level = row.request["identity"]
    wanted &= claims.OF_IDENTITY
    if level == vectors.NO_IDENTITY or not wanted:
        return {}
    proof = await proofs.get_current(session, row.account)
    if proof is None or not vectors.proven(proof.level, level):
        return (
            {claims.RETURN_CODE: [{"code": core_identity.NOT_PROVEN}]} if claims.RETURN_CODE in wanted else {}
        )
    found: dict[str, Any] = {}
    client_id = ids.show(row.client)
    if claims.CORE_IDENTITY in wanted:
        found[claims.CORE_IDENTITY] = _statement(provider, row, client_id, proof)
    if claims.ADDRESS in wanted:
        found[claims.ADDRESS] = [dict(one) for one in proof.person.addresses]
    if found:
        await session.see(row.council)
        await proofs.record_read(session, row.council, row.account, proof.id, client_id)
    return found


def _statement(provider: Provider, row: Row[Any], client_id: str, proof: proofs.Proof) -> str:
    issuer, person = provider.issuer, proof.person
    subject = subjects.subject(issuer, row.council, row.account)
    names = (person.given_names, person.family_name)
    now = int(provider.now().timestamp())
    content = core_identity.statement(
        issuer.url, client_id, subject, proof.level, names, person.birth_date, now
    )
    signer = issuer.signer()
    return tokens.sign(signer, "JWT", content, kid=f"{core_identity.did(issuer.url)}#{signer.kid}")
