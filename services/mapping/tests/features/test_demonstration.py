"""The standards' own tests, over every layer of the demonstration: 52 collections of other people's data."""

import pytest

from services.mapping.tests.demonstration import (
    COUNCILS,
    ENTRIES,
    find_reader,
    open_maps,
    publish_demonstration,
)
from services.mapping.tests.features.standard import ServiceTests, StandardTests

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
async def demonstration(database, client):
    await publish_demonstration(database, client)


def test_the_demonstration_is_whole():
    assert len(ENTRIES) == 52


@pytest.mark.parametrize("council", COUNCILS)
class TestService(ServiceTests):
    """The landing page and the lists of each council."""

    @pytest.fixture
    def ogc(self, client, council, demonstration):
        return open_maps(client, council)

    async def test_every_layer_is_listed(self, ogc, council):
        listed = {each["id"] for each in (await ogc.json("/collections"))["collections"]}
        assert listed == {each["name"] for each in ENTRIES.values() if each["council"] in ("*", council)}


@pytest.mark.parametrize("layer", sorted(ENTRIES))
class TestCollections(StandardTests):
    """Every layer as its own council reads it."""

    @pytest.fixture
    def ogc(self, client, layer, demonstration):
        return open_maps(client, find_reader(layer))

    @pytest.fixture
    def collection(self, layer):
        return layer.partition("/")[2]
