"""What is no credential here, although it was signed with a key of this issuer."""

import time

import pytest

from identity.shared.rules import crypto, tokens

URL = "/citytown/identity/v1/api-keys"
ISSUER = "http://test.invalid/identity/"


@pytest.fixture
def write(app, client):
    """Sign claims with the issuer's own key, changed as the test says."""
    issuer = app.state.issuer

    def make(typ=tokens.KEY_TYPE, **changed):
        now = int(time.time())
        grant = tokens.TokenContent("a", "a", ("identity:keys",), ("citytown",), "live", now, now + 600)
        return tokens.sign_jwt(
            issuer.select_key(), typ, {**tokens.build_claims(grant, ISSUER, "townhall"), **changed}
        )

    return make


async def opened(client, token):
    response = await client.get(URL, headers={"X-Api-Key": token})
    return response.status_code, response.json().get("code")


async def test_both_kinds_of_token_open_the_door(client, write):
    for typ in (tokens.KEY_TYPE, tokens.ACCESS_TYPE):
        assert (await opened(client, write(typ)))[0] == 200


async def test_an_expired_key_is_refused(client, write):
    assert await opened(client, write(exp=int(time.time()) - 60)) == (401, "expired-credential")


@pytest.mark.parametrize("typ", ["JWT", "id_token", "client-authentication+jwt", ""])
async def test_a_token_of_another_type_is_refused(client, write, typ):
    assert await opened(client, write(typ)) == (401, "invalid-credential")


@pytest.mark.parametrize(
    "changed", [{"aud": "another"}, {"iss": "http://test.invalid/"}, {"aud": None}, {"exp": "soon"}]
)
async def test_a_token_of_another_issuer_or_audience_is_refused(client, write, changed):
    assert await opened(client, write(**changed)) == (401, "invalid-credential")


@pytest.mark.parametrize("councils", [["hillshire"], [], ["citytow"]])
async def test_a_token_of_another_council_is_refused(client, write, councils):
    assert await opened(client, write(councils=councils)) == (403, "wrong-council")


async def test_a_key_of_the_same_name_made_elsewhere_is_refused(client, app, write):
    signing_key = app.state.issuer.select_key()
    _, _, private = crypto.generate_key()
    sealing = crypto.derive_subkey(b"m" * 32, "x")
    forged = crypto.SigningKey(
        signing_key.kid,
        signing_key.public,
        crypto.unseal_key(sealing, "k", crypto.seal_key(sealing, "k", private)),
        0,
    )
    grant = tokens.TokenContent(
        "a", "a", ("identity:keys",), ("citytown",), "live", 0, int(time.time()) + 600
    )
    token = tokens.sign_jwt(forged, tokens.KEY_TYPE, tokens.build_claims(grant, ISSUER, "townhall"))
    assert await opened(client, token) == (401, "invalid-credential")


async def test_a_token_with_a_changed_claim_is_refused(client, write):
    head, body, signature = write().split(".")
    altered = write(scope="identity:keys address:write").split(".")[1]
    assert await opened(client, f"{head}.{altered}.{signature}") == (401, "invalid-credential")
    assert (await opened(client, f"{head}.{body}.{signature}"))[0] == 200
