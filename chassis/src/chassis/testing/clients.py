"""Clients and tokens for tests: an application in-process, and tokens of a test issuer."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey

from chassis import clock, ids

ISSUER = "http://test.invalid/identity/"

Mint = Callable[..., str]


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Run the application's lifespan and return a client that talks to it without a socket."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test.invalid") as client,
    ):
        yield client


def make_mint(key: ECKey) -> Mint:
    """Make the function that signs tokens of the test issuer."""

    def mint(
        *,
        scopes: list[str] | None = None,
        councils: list[str] | None = None,
        typ: str = "at+jwt",
        **claims: Any,
    ) -> str:
        defaults = _default_claims(scopes or [], ["citytown"] if councils is None else councils)
        return jwt.encode({"alg": "ES256", "kid": "test", "typ": typ}, {**defaults, **claims}, key)

    return mint


def make_person_mint(mint: Mint) -> Mint:
    """Make the function that signs a person's token for a service they have signed in to."""

    def mint_person(sub: str = "rosa", *, scopes: list[str] | None = None, **claims: Any) -> str:
        return mint(scopes=scopes, **{"sub": sub, "client_id": "a-service", "mode": "live"} | claims)

    return mint_person


def make_delegate_mint(mint_person: Mint) -> Mint:
    """Make the function that signs the token by which somebody acts for a person, by a mandate."""

    def mint_delegate(
        sub: str = "rosa",
        *,
        actor: str = "ben",
        mandate: str = "lasting",
        theme: str = "waste",
        scopes: list[str] | None = None,
        **claims: Any,
    ) -> str:
        acting = {"act": {"sub": actor}, "mandate": mandate, "theme": theme}
        return mint_person(sub, scopes=scopes, **acting | claims)

    return mint_delegate


def _default_claims(scopes: list[str], councils: list[str]) -> dict[str, Any]:
    now = int(clock.unix_time())
    return {
        "iss": ISSUER,
        "aud": "townhall",
        "sub": "test-client",
        "client_id": "test-client",
        "jti": ids.show(ids.new()),
        "iat": now,
        "exp": now + 600,
        "scope": " ".join(scopes),
        "councils": councils,
        "mode": "sandbox",
    }
