"""Passkeys (WebAuthn level 3): discoverable, with the person verified by the device."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from chassis import ids
from chassis.database import ReadSession, Session
from identity.accounts.actions import accounts
from identity.accounts.store import accounts as stored_accounts
from identity.factors.store import passkeys as store
from identity.shared.rules import limits
from identity.verification.actions.context import AuthContext, ClientContext

MOST = 10
_PATIENCE = timedelta(minutes=10)
_SIGN_IN = "sign-in"
_REGISTER = "register"
_VERIFIED = UserVerificationRequirement.REQUIRED
_WRONG = (WebAuthnException, ValueError, KeyError, TypeError)


async def sign_in_options(session: Session, auth: AuthContext, client_context: ClientContext) -> str:
    """What the browser asks its passkeys, as JSON; no account is named, so that none is told."""
    options = generate_authentication_options(rp_id=auth.domain, user_verification=_VERIFIED)
    await store.keep_challenge(
        session, client_context.browser, _SIGN_IN, options.challenge, auth.now() + _PATIENCE
    )
    return options_to_json(options)


async def signed(
    session: Session, auth: AuthContext, client_context: ClientContext, answer: str
) -> UUID | None:
    """The account whose passkey signed the challenge of this browser; None when it did not."""
    if not await auth.check_rate(session, (limits.PASSKEYS_FROM_NETWORK, client_context.network)):
        return None
    challenge = await store.take_challenge(session, client_context.browser, _SIGN_IN, auth.now())
    credential = _parsed(answer)
    row = await store.by_credential(session, credential.raw_id) if credential else None
    if challenge is None or credential is None or row is None:
        return None
    count = _count(auth, row, credential, challenge)
    if count is None or not await store.used(session, row, count, auth.now()):
        return None
    active = await stored_accounts.one(session, row.account)
    return row.account if active is not None else None


def _parsed(answer: str) -> AuthenticationCredential | None:
    try:
        return parse_authentication_credential_json(answer)
    except _WRONG:
        return None


def _count(
    auth: AuthContext, row: Row[Any], credential: AuthenticationCredential, challenge: bytes
) -> int | None:
    """The passkey's new count, when all of what it says is right."""
    if credential.response.user_handle not in (None, row.account.bytes):
        return None
    try:
        verified = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=auth.domain,
            expected_origin=auth.origins,
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except _WRONG:
        return None
    return verified.new_sign_count


async def new_options(
    session: Session, auth: AuthContext, client_context: ClientContext, account: UUID, address: str
) -> str:
    """What the browser makes a passkey from, as JSON."""
    known = await store.of_account(session, account)
    options = generate_registration_options(
        rp_id=auth.domain,
        rp_name="Townhall",
        user_id=account.bytes,
        user_name=address,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_VERIFIED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=row.credential) for row in known],
    )
    await store.keep_challenge(
        session, client_context.browser, _REGISTER, options.challenge, auth.now() + _PATIENCE
    )
    return options_to_json(options)


async def add(
    session: Session, auth: AuthContext, client_context: ClientContext, account: UUID, answer: str, name: str
) -> bool:
    """Keep the passkey that the browser made; false when what it says is not right."""
    challenge = await store.take_challenge(session, client_context.browser, _REGISTER, auth.now())
    if challenge is None or len(await store.of_account(session, account)) >= MOST:
        return False
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=auth.domain,
            expected_origin=auth.origins,
            require_user_verification=True,
        )
    except _WRONG:
        return False
    values = {
        "id": ids.new(),
        "account": account,
        "credential": made.credential_id,
        "public_key": made.credential_public_key,
        "sign_count": made.sign_count,
        "synced": made.credential_device_type == CredentialDeviceType.MULTI_DEVICE,
        "name": name,
        "created_at": auth.now(),
        "used_at": None,
    }
    if not await store.add(session, values):
        return False
    await accounts.changed(session, auth, account, "passkey added")
    return True


async def of_account(session: ReadSession, account: UUID) -> Sequence[Row[Any]]:
    """The person's passkeys, in order of making."""
    return await store.of_account(session, account)


async def rename(session: Session, account: UUID, passkey: UUID, name: str) -> bool:
    return await store.rename(session, account, passkey, name)


async def remove(session: Session, auth: AuthContext, account: UUID, passkey: UUID) -> bool:
    """Whether it was the person's."""
    if not await store.drop(session, account, passkey):
        return False
    await accounts.changed(session, auth, account, "passkey removed")
    return True
