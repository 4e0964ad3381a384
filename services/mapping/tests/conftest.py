import pytest

from mapping.app import service as mapping_service
from tests.browser.page_recorder import recording


@pytest.fixture(scope="session", autouse=True)
def record_pages():
    """Keep what these tests render, for a browser to look at."""
    with recording():
        yield


@pytest.fixture(scope="session")
def service():
    return mapping_service
