"""A service built with somebody else's library signs a person in: Authlib's client, as its users write it."""

import warnings

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from chassis.testing import ISSUER
from services.identity.tests.provider import REDIRECT, follow_redirects, register, submit_form

with warnings.catch_warnings():  # it would rather have the successor of httpx
    warnings.simplefilter("ignore")
    from authlib.integrations.httpx_client import AsyncOAuth2Client

METADATA = f"{ISSUER}.well-known/openid-configuration"


def library(app, service, **more):
    """The library's client, its connections led to the application."""
    return AsyncOAuth2Client(
        client_id=service.client_id,
        client_secret=service.secret,
        scope="openid email offline_access",
        redirect_uri=REDIRECT,
        code_challenge_method="S256",
        transport=httpx.ASGITransport(app),
        **more,
    )


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
async def test_authlib_signs_a_person_in_and_refreshes(
    app, database, client, visitor, newcomer, sent_emails, method
):
    """The person comes by the pages: address, code of the letter, consent."""
    service, address = await register(database), f"ada-{method}@people.example"
    await newcomer(address)
    async with library(app, service, token_endpoint_auth_method=method) as relying:
        metadata = (await visitor.get(METADATA)).json()
        verifier = "a-verifier-that-is-long-enough-for-rfc-7636-0123456789"
        url, state = relying.create_authorization_url(
            metadata["authorization_endpoint"], code_verifier=verifier, nonce="n-0S6_WzA2Mj"
        )
        page = await follow_redirects(visitor, await visitor.get(url))
        page = await submit_form(visitor, page, email=address)
        code = (await sent_emails(address))[-1].personalisation["code"]
        page = await submit_form(visitor, page, code=code)
        assert "Share your details" in page.text
        response = await submit_form(visitor, page, answer="yes")
        tokens = await relying.fetch_token(
            metadata["token_endpoint"],
            authorization_response=response.headers["location"],
            state=state,
            code_verifier=verifier,
        )
        keys = KeySet.import_key_set((await visitor.get(metadata["jwks_uri"])).json())
        claims = jwt.decode(tokens["id_token"], keys, algorithms=["ES256"]).claims
        assert (claims["iss"], claims["aud"], claims["nonce"]) == (ISSUER, service.client_id, "n-0S6_WzA2Mj")
        person_seen = (await relying.get(metadata["userinfo_endpoint"])).json()
        assert person_seen == {
            "sub": claims["sub"],
            "email": address,
            "email_verified": True,
        }
        renewed = await relying.refresh_token(metadata["token_endpoint"])
        assert renewed["access_token"] != tokens["access_token"]
        revoked = await relying.revoke_token(
            metadata["revocation_endpoint"], renewed["refresh_token"], token_type_hint="refresh_token"
        )
        assert revoked.status_code == 200
