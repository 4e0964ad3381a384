"""The standards' own tests, over a small layer of each kind."""

import pytest

from services.mapping.tests.features.standard import ServiceTests, StandardTests


class TestService(ServiceTests):
    """The landing page and the lists."""


@pytest.mark.parametrize("collection", ["gb-wards", "trees", "wards"])
class TestCollections(StandardTests):
    """Layers kept in degrees, in metres, and with several generations."""
