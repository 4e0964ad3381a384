"""Register and verify passkeys (WebAuthn level 3): discoverable, and the device verifies the person."""

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
from identity.factors.store import passkeys as store
from identity.verification.actions.context import AuthContext, ClientContext

MAX_PASSKEYS = 10
_CHALLENGE_LIFE = timedelta(minutes=10)
_SIGN_IN = "sign-in"
_REGISTER = "register"
_VERIFIED = UserVerificationRequirement.REQUIRED
_ERRORS = (WebAuthnException, ValueError, KeyError, TypeError)


async def make_sign_in_options(session: Session, auth: AuthContext, client_context: ClientContext) -> str:
    """Make the JSON that the browser asks its passkeys with; it names no account, so it discloses none."""
    options = generate_authentication_options(rp_id=auth.domain, user_verification=_VERIFIED)
    await _set_challenge(session, auth, client_context, _SIGN_IN, options.challenge)
    return options_to_json(options)


async def _set_challenge(
    session: Session, auth: AuthContext, client_context: ClientContext, purpose: str, challenge: bytes
) -> None:
    expires_at = auth.now() + _CHALLENGE_LIFE
    await store.set_challenge(session, client_context.browser, purpose, challenge, expires_at)


async def verify_sign_in(
    session: Session, auth: AuthContext, client_context: ClientContext, response: str
) -> UUID | None:
    """Verify the browser's response to the challenge, and return the account; None when it is not right."""
    limit = auth.settings.limit_passkeys_from_network
    if await auth.retry_after(session, (limit, client_context.network)) is not None:
        return None
    challenge = await store.use_challenge(session, client_context.browser, _SIGN_IN, auth.now())
    credential = _parse(response)
    passkey = await store.get_by_credential(session, credential.raw_id) if credential else None
    if challenge is None or credential is None or passkey is None:
        return None
    count = _verify(auth, passkey, credential, challenge)
    if count is None or not await store.update_sign_count(session, passkey, count, auth.now()):
        return None
    account = await accounts.get(session, passkey.account)
    return passkey.account if account is not None else None


def _parse(response: str) -> AuthenticationCredential | None:
    try:
        return parse_authentication_credential_json(response)
    except _ERRORS:
        return None


def _verify(
    auth: AuthContext, passkey: Row[Any], credential: AuthenticationCredential, challenge: bytes
) -> int | None:
    """Verify a signature, and return the passkey's new sign count; None when anything is wrong."""
    if credential.response.user_handle not in (None, passkey.account.bytes):
        return None
    try:
        verified = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=auth.domain,
            expected_origin=auth.origins,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except _ERRORS:
        return None
    return verified.new_sign_count


async def make_registration_options(
    session: Session, auth: AuthContext, client_context: ClientContext, account_id: UUID, address: str
) -> str:
    """Make the JSON that the browser makes a passkey from."""
    passkeys = await store.list_by_account(session, account_id)
    options = generate_registration_options(
        rp_id=auth.domain,
        rp_name="Townhall",
        user_id=account_id.bytes,
        user_name=address,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_VERIFIED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=passkey.credential) for passkey in passkeys],
    )
    await _set_challenge(session, auth, client_context, _REGISTER, options.challenge)
    return options_to_json(options)


async def register(
    session: Session,
    auth: AuthContext,
    client_context: ClientContext,
    account_id: UUID,
    response: str,
    name: str,
) -> bool:
    """Register the passkey that the browser made; return false when its response is not right."""
    challenge = await store.use_challenge(session, client_context.browser, _REGISTER, auth.now())
    if challenge is None or len(await store.list_by_account(session, account_id)) >= MAX_PASSKEYS:
        return False
    try:
        credential = verify_registration_response(
            credential=response,
            expected_challenge=challenge,
            expected_rp_id=auth.domain,
            expected_origin=auth.origins,
            require_user_verification=True,
        )
    except _ERRORS:
        return False
    values = {
        "id": ids.new(),
        "account": account_id,
        "credential": credential.credential_id,
        "public_key": credential.credential_public_key,
        "sign_count": credential.sign_count,
        "synced": credential.credential_device_type == CredentialDeviceType.MULTI_DEVICE,
        "name": name,
        "created_at": auth.now(),
        "used_at": None,
    }
    if not await store.create(session, values):
        return False
    await accounts.record_change(session, auth, account_id, "passkey added")
    return True


async def list_passkeys(session: ReadSession, account_id: UUID) -> Sequence[Row[Any]]:
    """List the passkeys of an account, oldest first."""
    return await store.list_by_account(session, account_id)


async def rename(session: Session, account_id: UUID, passkey_id: UUID, name: str) -> bool:
    """Rename a passkey; return false when the account has no such passkey."""
    return await store.rename(session, account_id, passkey_id, name)


async def remove(session: Session, auth: AuthContext, account_id: UUID, passkey_id: UUID) -> bool:
    """Remove a passkey; return false when the account has no such passkey."""
    if not await store.delete_passkey(session, account_id, passkey_id):
        return False
    await accounts.record_change(session, auth, account_id, "passkey removed")
    return True
