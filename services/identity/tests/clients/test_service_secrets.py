"""No secret, key or assertion is written anywhere: not in logs, not in any table, not in an event."""

import logging
import time

from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import text

from identity.shared.oauth import token_requests

GRANT = {"grant_type": "client_credentials"}
KEY = ECKey.generate_key("P-256", {"kid": "mine"})


async def collect_secrets(client, keeper):
    """Make and use credentials of every kind, rightly and wrongly; the texts nobody may ever find again."""
    repeat = {**keeper, "Idempotency-Key": "canary"}
    body = {"name": "Canary", "mode": "live", "scopes": ["identity:keys"]}
    key = (await client.post("/citytown/identity/v1/api-keys", json=body, headers=repeat)).json()["key"]
    created = (await client.post("/citytown/identity/v1/clients", json=body, headers=repeat)).json()
    client_id, secret = created["client_id"], created["client_secret"]
    token = (await client.post("/identity/token", data=GRANT, auth=(client_id, secret))).json()[
        "access_token"
    ]
    for credential in (key, token):
        await client.get("/citytown/identity/v1/api-keys", params={"key": credential})
        await client.get("/citytown/identity/v1/api-keys", headers={"X-Api-Key": credential[:-3] + "AAA"})
    await client.post("/identity/token", data=GRANT, auth=(client_id, secret + "x"))
    await client.post(
        "/identity/token", data=GRANT, params={"client_secret": secret}, auth=(client_id, secret)
    )
    return [key, secret, token, await assertion(client, keeper)]


async def assertion(client, keeper):
    body = {"name": "Signer", "scopes": ["address:read"], "jwks": {"keys": [KEY.as_dict(private=False)]}}
    created = (await client.post("/citytown/identity/v1/clients", json=body, headers=keeper)).json()[
        "client_id"
    ]
    claims = {
        "iss": created,
        "sub": created,
        "aud": "http://test.invalid/identity/",
        "exp": time.time() + 60,
        "jti": "one",
    }
    token = jwt.encode({"alg": "ES256", "kid": "mine"}, claims, KEY)
    form = {**GRANT, "client_assertion_type": token_requests.ASSERTION_TYPE, "client_assertion": token}
    statuses = [(await client.post("/identity/token", data=form)).status_code for _ in range(2)]
    assert statuses == [200, 401]
    return token


async def dump_tables(database):
    """Every row of every table, as text."""
    async with database.writing("*") as session:
        names = await session.all(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        rows = [
            await session.all(text(f"SELECT whole::text AS row FROM {name.tablename} AS whole"))
            for name in names
        ]
    return "\n".join(row.row for table in rows for row in table)


async def test_secrets_are_in_no_log_and_no_table(client, keeper, database, caplog):
    caplog.set_level(logging.WARNING, logger="httpx")  # the test's own client, which logs its URLs
    caplog.set_level(logging.DEBUG)
    secrets = await collect_secrets(client, keeper)
    tables = await dump_tables(database)
    assert "Canary" in tables
    assert "client refused" in caplog.text
    for secret in secrets:
        telling = secret.rpartition(".")[2]  # of a JWT its signature: the rest alone opens nothing
        assert len(telling) > 40
        assert telling not in caplog.text
        assert telling not in tables


async def test_the_private_keys_are_in_no_table(app, database):
    tables = await dump_tables(database)
    for key in app.state.issuer.keys:
        numbers = key.private.private_numbers()
        number = numbers.private_value if key.algorithm == "ES256" else numbers.d
        assert key.kid in tables
        assert number.to_bytes(32 if key.algorithm == "ES256" else 256).hex() not in tables
