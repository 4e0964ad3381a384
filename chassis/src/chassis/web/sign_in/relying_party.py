"""The service as a relying party of the issuer: OpenID Connect's code flow with PKCE."""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from pydantic import BaseModel, Field, ValidationError

from chassis import clock
from chassis.outbound import Outbound, OutboundError, Reach, Request, Response
from chassis.problems import Problem
from chassis.settings import Settings
from chassis.tokens import TokenVerifier
from chassis.web.sign_in.keys import SignInKeys

ID_TOKEN = "JWT"  # noqa: S105 - a token's type
LOGOUT_TOKEN = "logout+jwt"  # noqa: S105 - the same
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
_MAX_RESPONSE = 32_768
_MAX_EMAIL = 254
_MAX_NAME = 120
_CLAIMS = json.dumps({"userinfo": {"name": None}})
_REFUSED = (400, 401)
_LEEWAY = 5  # seconds of difference between two machines' clocks


class GrantRefusedError(Exception):
    """The issuer gives no tokens for this code or refresh token."""


class Tokens(BaseModel):
    """The tokens of a session: what the token endpoint answers."""

    access_token: str = Field(max_length=4_096)
    refresh_token: str = Field(default="", max_length=4_096)
    id_token: str = Field(default="", max_length=8_192)
    email: str = Field(default="", max_length=_MAX_EMAIL, description="Not the issuer's: kept with them")


class Person(NamedTuple):
    """What the issuer says of who signed in; each is empty if it knows none."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """What a browser keeps, sealed, while its person is at the issuer. ``back``: where they were going."""

    client_id: str
    back: str
    state: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))


class RelyingParty:
    """Speaks with the issuer for a service: one in a process."""

    def __init__(self, settings: Settings, verifier: TokenVerifier) -> None:
        self._settings = settings
        self.issuer = settings.issuer
        parts = urlsplit(settings.issuer)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._verifier = verifier
        self._outbound = Outbound(settings)

    @cached_property
    def keys(self) -> SignInKeys:
        """Return the keys, derived at first use: a document of the API is made without a sealing key."""
        return SignInKeys(self._settings)

    def make_authorization_url(
        self, pending: PendingSignIn, redirect_uri: str, scopes: Sequence[str], language: str
    ) -> str:
        """Make the URL that sends a browser to the issuer."""
        digest = hashlib.sha256(pending.verifier.encode()).digest()
        parameters = {
            "response_type": "code",
            "client_id": pending.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(("openid", "email", "offline_access", *scopes)),
            "state": pending.state,
            "nonce": pending.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "claims": _CLAIMS,
            "ui_locales": language,
        }
        return f"{self.issuer}authorize?{urlencode(parameters)}"

    def make_logout_url(self, id_token: str, return_uri: str) -> str:
        """Make the URL that ends the person's session at the issuer too."""
        parameters = {"id_token_hint": id_token, "post_logout_redirect_uri": return_uri}
        return f"{self.issuer}logout?{urlencode(parameters)}"

    async def redeem_code(self, pending: PendingSignIn, code: str, redirect_uri: str) -> Tokens:
        """Redeem a code. Raises GrantRefusedError, or Problem 503 when the issuer does not answer."""
        form = {"code": code, "redirect_uri": redirect_uri, "code_verifier": pending.verifier}
        return await self._fetch_tokens(pending.client_id, {"grant_type": "authorization_code", **form})

    async def refresh(self, client_id: str, refresh_token: str) -> Tokens:
        """Exchange a refresh token, which is then used up. Raises as ``redeem_code``."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return await self._fetch_tokens(client_id, form)

    async def read_id_token(self, token: str, pending: PendingSignIn) -> Mapping[str, Any]:
        """Check an ID token and return its claims. Raises GrantRefusedError for one that signs nobody in."""
        claims = await self._read_claims(token, ID_TOKEN, pending.client_id)
        is_fresh = int(claims.get("exp", 0)) + _LEEWAY > clock.unix_time()
        if not is_fresh or claims.get("nonce") != pending.nonce or not claims.get("sid"):
            raise GrantRefusedError("the ID token is stale, or of another sign-in")
        return claims

    async def read_logout_token(self, token: str, client_id: str) -> Mapping[str, Any]:
        """Check a logout token (Back-Channel Logout 1.0, 2.6). Raises GrantRefusedError."""
        claims = await self._read_claims(token, LOGOUT_TOKEN, client_id)
        events = claims.get("events")
        is_fresh = int(claims.get("exp", 0)) + _LEEWAY > clock.unix_time()
        if not (is_fresh and isinstance(events, dict) and LOGOUT_EVENT in events) or "nonce" in claims:
            raise GrantRefusedError("it is no logout token, or a stale one")
        return claims

    async def fetch_person(self, access_token: str, subject: str) -> Person:
        """Fetch a person's name and e-mail address (userinfo), as far as the issuer knows them.

        Raises Problem 503.
        """
        headers = {"Accept": "application/json", "Authorization": f"Bearer {access_token}"}
        response = await self._send("GET", "userinfo", headers, None)
        try:
            userinfo = json.loads(response.require_success().body)
            if userinfo["sub"] != subject:
                return Person("", "")
            name, email = str(userinfo.get("name", "")), str(userinfo.get("email", ""))
            return Person(" ".join(name.split())[:_MAX_NAME], email[:_MAX_EMAIL])
        except (OutboundError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise _make_away_problem() from error

    async def _read_claims(self, token: str, kind: str, client_id: str) -> Mapping[str, Any]:
        try:
            return await self._verifier.read_claims(token, kind, client_id)
        except Problem as problem:
            if problem.status_code != _REFUSED[1]:
                raise
            raise GrantRefusedError(problem.detail) from problem

    async def _fetch_tokens(self, client_id: str, form: Mapping[str, str]) -> Tokens:
        uri = f"{self.issuer}token"
        credentials = {
            "client_id": client_id,
            "client_assertion_type": _ASSERTION,
            "client_assertion": self.keys.sign_assertion(client_id, uri),
        }
        content = urlencode({**form, **credentials}).encode()
        response = await self._send("POST", "token", _FORM, content)
        if response.status in _REFUSED:
            raise GrantRefusedError(f"the token endpoint answered {response.status}")
        try:
            return Tokens.model_validate_json(response.require_success().body)
        except (OutboundError, ValidationError) as error:
            raise _make_away_problem() from error

    async def _send(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes | None
    ) -> Response:
        """Call the issuer, which the operator named in a setting. Raises Problem 503."""
        is_local = self.issuer.startswith("http://")
        request = Request(
            method,
            f"{self.issuer}{path}",
            _MAX_RESPONSE,
            headers,
            content,
            reach=Reach.ANYWHERE,
            allow_http=is_local,
        )
        try:
            return await self._outbound.send(request)
        except OutboundError as error:
            raise _make_away_problem() from error


def _make_away_problem() -> Problem:
    detail = "The sign-in service does not answer just now. Try again."
    return Problem(503, "issuer-unavailable", detail, headers={"Retry-After": "2"})
