"""Layers, and people who may change them, for tests of collections."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from mapping.collections.rules.layers import Layer, Property
from services.mapping.tests import layer_world

EVERYTHING = ("mapping:read", "mapping:write", "mapping:publish", "mapping:staff", "mapping:restricted")
PUBLIC = ("mapping:read", "mapping:write", "mapping:publish")


def make_layer(values: dict[str, Any], **changes: Any) -> Layer:
    """Make a layer in memory of what ``layer_world`` says of one."""
    common = {
        "id": UUID(int=1),
        "council": "citytown",
        "status": "published",
        "version": 1,
        "feature_count": 0,
        "extent": None,
        "valid_since": None,
        "valid_until": None,
        "changed_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    properties = tuple(Property(*each) for each in values["properties"])
    return Layer(**{**values, **common, "properties": properties, **changes})


GRIT_BINS, WARDS = make_layer(layer_world.GRIT_BINS), make_layer(layer_world.WARDS)


class Desk:
    """A credential at the API of layers. ``last`` is the last response."""

    def __init__(self, client, token, council="citytown"):
        self.client, self.base = client, f"/{council}/mapping/v1/layers"
        self.headers = {"Authorization": f"Bearer {token}"}

    async def send(self, method, path, json=None, etag=None, **headers):
        """Send a request to a path below the layers."""
        all_headers = {**self.headers, **headers, **({"If-Match": etag} if etag else {})}
        return await self.client.request(method, f"{self.base}{path}", json=json, headers=all_headers)

    async def get(self, path, **query):
        response = await self.client.get(f"{self.base}{path}", params=query, headers=self.headers)
        assert response.status_code == 200, response.text
        return response

    async def tag(self, path):
        """Read the entity tag of a layer or feature."""
        return (await self.get(path)).headers["etag"]


@pytest.fixture
def open_desk(client, mint):
    """Make a function that opens a desk for somebody with scopes."""

    def open_as(*scopes, council="citytown", **claims):
        claims = {"mode": "live", "sub": "ann", "client_id": "an-editor", **claims}
        token = mint(scopes=list(scopes), councils=[council], **claims)
        return Desk(client, token, council)

    return open_as


@pytest.fixture
def desk(open_desk):
    return open_desk(*EVERYTHING)
