"""Identity's tests: on a real PostgreSQL, with callers' tokens of a test issuer beside its own."""

import base64
from dataclasses import replace

import pytest

from chassis.testing import ISSUER
from chassis.tokens import keys_from
from identity.app import service as identity_service

OPERATOR = ["identity:operate", "identity:gateway", "identity:keys", "identity:clients", "address:read"]


@pytest.fixture(scope="session")
def service(jwks_url):
    """Identity, which here believes the test issuer's tokens as it does its own."""

    def both(app):
        own, tests = identity_service.keys(app), keys_from(jwks_url)

        async def read():
            return {"keys": (await own())["keys"] + (await tests())["keys"]}

        return read

    return replace(identity_service, keys=both)


@pytest.fixture(scope="session")
def master_key():
    return base64.urlsafe_b64encode(b"for tests: thirty-two characters").decode()


@pytest.fixture(scope="module")
def settings(service, database_url, nats_url, master_key):
    return service.settings(
        database_url=database_url,
        nats_url=nats_url,
        issuer=ISSUER,
        master_key=master_key,
        trace_ratio=0,
        key_lead=60,
        key_poll=0.1,
        jwks_max_age=30,
    )


@pytest.fixture
def operator(mint):
    """The headers of whoever runs the region."""
    token = mint(scopes=OPERATOR, councils=["*"], mode="live", client_id="operator", sub="operator")
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def keeper(mint):
    """The headers of somebody who may make credentials for citytown, and read its addresses."""
    token = mint(scopes=["identity:keys", "identity:clients", "address:read"], mode="live")
    return {"Authorization": f"Bearer {token}"}
