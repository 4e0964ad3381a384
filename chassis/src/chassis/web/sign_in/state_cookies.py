"""What a browser keeps while its person is at the issuer: a sealed cookie for each sign-in."""

import base64
import binascii
import json
from dataclasses import asdict

from fastapi import Request, Response

from chassis import encryption
from chassis.web.browsers import browser_secret, cookie_name, delete_cookie, set_cookie
from chassis.web.sign_in.relying_party import PendingSignIn, RelyingParty

_SECONDS = 1_800
_STATE_LENGTH = 12  # of the state, in the cookie's name: two tabs may sign in at once


def remember_pending(request: Request, response: Response, pending: PendingSignIn) -> None:
    """Give the browser what it needs at the callback, sealed for this browser."""
    party: RelyingParty = request.app.state.relying_party
    sealed = encryption.seal(party.keys.sealing, json.dumps(asdict(pending)).encode(), _owner(request))
    set_cookie(request, response, _name(pending.state), base64.urlsafe_b64encode(sealed).decode(), _SECONDS)


def read_pending(request: Request, state: str) -> PendingSignIn | None:
    """Read what the browser kept for the state that came back; None if this browser began no such sign-in."""
    party: RelyingParty = request.app.state.relying_party
    cookie = request.cookies.get(cookie_name(request, _name(state)), "")
    try:
        sealed = base64.b64decode(cookie, altchars=b"-_", validate=True)
        pending = PendingSignIn(**json.loads(encryption.unseal(party.keys.sealing, sealed, _owner(request))))
    except (binascii.Error, encryption.WrongKeyError, ValueError):
        return None
    return pending if pending.state == state else None


def forget_pending(request: Request, response: Response, state: str) -> None:
    """Delete the cookie: an answer is good once."""
    delete_cookie(request, response, _name(state))


def _name(state: str) -> str:
    return f"signing-in-{''.join(c for c in state[:_STATE_LENGTH] if c.isalnum())}"


def _owner(request: Request) -> bytes:
    return browser_secret(request).encode()
