"""What a client shows: an API key, a client's own secret or key pair, or a person's token."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import uuid4

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from townhall_client.problems import TownhallError, read_problem

_EARLY = 60  # seconds before a token's end in which it is not used any more
_LIFETIME = 60  # seconds that an assertion is good for
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Credential(Protocol):
    """Whatever writes the header that shows who asks."""

    def token_request(self, gateway: str) -> httpx.Request | None:
        """Make the request for a token, if one is needed now."""

    def take_token(self, response: httpx.Response) -> None:
        """Keep the token of the answer. Raises TownhallError."""

    def headers(self) -> dict[str, str]:
        """Get the headers of a request."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A sandbox or live key of the council."""

    key: str = field(repr=False)

    def token_request(self, gateway: str) -> None:
        """Need no token."""

    def take_token(self, response: httpx.Response) -> None:
        """Need no token."""

    def headers(self) -> dict[str, str]:
        """Get the header with the key."""
        return {"X-Api-Key": self.key}


@dataclass(frozen=True, slots=True)
class PersonToken:
    """The access token of a person who signed in at your service; you renew it when it ends."""

    token: str = field(repr=False)

    def token_request(self, gateway: str) -> None:
        """Need no other token."""

    def take_token(self, response: httpx.Response) -> None:
        """Need no other token."""

    def headers(self) -> dict[str, str]:
        """Get the header with the token."""
        return {"Authorization": f"Bearer {self.token}"}


class _ClientCredentials:
    """OAuth 2.0 client credentials (RFC 6749, 4.4): a token is kept until near its end."""

    def __init__(self, scopes: Sequence[str], clock: Callable[[], float]) -> None:
        self._scopes, self._clock = scopes, clock
        self._token, self._ends = "", 0.0
        self._lock = threading.Lock()

    def token_request(self, gateway: str) -> httpx.Request | None:
        """Make the request for a new token; None while the one at hand is good."""
        with self._lock:
            if self._clock() < self._ends - _EARLY:
                return None
        url = f"{gateway}/identity/token"
        scope = {"scope": " ".join(self._scopes)} if self._scopes else {}
        form = {"grant_type": "client_credentials", **scope, **self._prove(url)}
        return httpx.Request("POST", url, data=form)

    def take_token(self, response: httpx.Response) -> None:
        """Keep the token. Raises Problem when the issuer refused, TownhallError when it sent none."""
        if response.is_error:
            raise read_problem(response)
        body = response.json()
        if not isinstance(body, dict) or "access_token" not in body:
            raise TownhallError("the token endpoint answered without access_token")
        with self._lock:
            self._token = str(body["access_token"])
            self._ends = self._clock() + float(body.get("expires_in", 0))

    def headers(self) -> dict[str, str]:
        """Get the header with the token."""
        return {"Authorization": f"Bearer {self._token}"}

    def _prove(self, url: str) -> Mapping[str, str]:
        """Make the fields of the form that show which client it is."""
        raise TypeError(f"{type(self).__name__} cannot show which client it is at {url}")


class ClientSecret(_ClientCredentials):
    """A client's id and secret (``client_secret_post``). ``scopes``: fewer than it holds, if any."""

    def __init__(
        self,
        client_id: str,
        secret: str,
        *,
        scopes: Sequence[str] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(scopes, clock)
        self._form = {"client_id": client_id, "client_secret": secret}

    def _prove(self, url: str) -> Mapping[str, str]:  # noqa: ARG002 - the secret is for any endpoint
        return self._form


class PrivateKeyJwt(_ClientCredentials):
    """A client's own key pair (``private_key_jwt``, RFC 7523): no secret leaves you.

    ``key``: the private key as a JWK, EC or RSA, with its ``kid``. ``audience``: the token endpoint as the
    issuer names it, if that is not the gateway's own address.
    """

    def __init__(
        self,
        client_id: str,
        key: dict[str, Any],
        *,
        scopes: Sequence[str] = (),
        audience: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(scopes, clock)
        self._client_id, self._audience = client_id, audience
        is_elliptic = key["kty"] == "EC"
        self._key = ECKey.import_key(key) if is_elliptic else RSAKey.import_key(key)
        self._algorithm = str(key.get("alg") or ("ES256" if is_elliptic else "RS256"))

    def _prove(self, url: str) -> Mapping[str, str]:
        now = int(self._clock())
        claims = {"iss": self._client_id, "sub": self._client_id, "aud": self._audience or url}
        header = {"alg": self._algorithm, "kid": self._key.kid or self._key.thumbprint()}
        times = {"jti": uuid4().hex, "iat": now, "exp": now + _LIFETIME}
        return {
            "client_assertion_type": _ASSERTION,
            "client_assertion": jwt.encode(header, {**claims, **times}, self._key),
        }
