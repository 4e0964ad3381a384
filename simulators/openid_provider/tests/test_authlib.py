"""Authlib, a relying party written by others, signs in at both providers."""

import re
import warnings

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from simulators.openid_provider.staff import CITYTOWN
from simulators.openid_provider.tests.relying_party import KEY, REDIRECT_URI, VERIFIER

with warnings.catch_warnings():  # Authlib would rather have the successor of httpx
    warnings.simplefilter("ignore")
    from authlib.integrations.httpx_client import AsyncOAuth2Client
    from authlib.oauth2.rfc7523 import PrivateKeyJWT


def authlib_client(simulator, client_id, method, secret):
    client = AsyncOAuth2Client(
        client_id=client_id,
        client_secret=secret,
        token_endpoint_auth_method=method,
        redirect_uri=REDIRECT_URI,
        scope="openid email profile" if client_id == "staff" else "openid email phone",
        code_challenge_method="S256",
        transport=httpx.ASGITransport(simulator.app),
    )
    if method == "private_key_jwt":
        client.register_client_auth_method(PrivateKeyJWT(simulator.onelogin.token, alg="RS256"))
    return client


@pytest.mark.parametrize("kind", ["onelogin", "directory"])
async def test_authlib_signs_in_by_discovery(simulator, browser, kind):
    one_login = kind == "onelogin"
    provider = simulator.onelogin if one_login else simulator.directory(CITYTOWN)
    key_credentials = ("city", "private_key_jwt", KEY.as_dict(private=True))
    credentials = key_credentials if one_login else ("staff", "client_secret_basic", "hush")
    metadata = (await browser.get(provider.discovery)).json()
    assert metadata["issuer"] == provider.issuer
    async with authlib_client(simulator, *credentials) as client:
        extra = {"vtr": '["Cl.Cm"]'} if one_login else {}
        url, state = client.create_authorization_url(
            metadata["authorization_endpoint"], code_verifier=VERIFIER, nonce="a-nonce", **extra
        )
        page = await browser.get(url)
        request_key = re.search(r'name="request" value="([^"]+)"', page.text)[1]
        choice = {
            "request": request_key,
            "person": "mary" if one_login else "priya",
            "action": "sign-in",
            "fault": "",
        }
        response = await browser.post("/simulator/choice", data=choice)
        tokens = await client.fetch_token(
            metadata["token_endpoint"], authorization_response=response.headers["location"], state=state,
            code_verifier=VERIFIER,
        )  # fmt: skip
        keys = KeySet.import_key_set((await browser.get(metadata["jwks_uri"])).json())
        claims = jwt.decode(tokens["id_token"], keys, algorithms=[provider.algorithm]).claims
        assert (claims["iss"], claims["aud"], claims["nonce"]) == (provider.issuer, credentials[0], "a-nonce")
        userinfo = (await client.get(metadata["userinfo_endpoint"])).json()
        assert userinfo["sub"] == claims["sub"]
