import pytest

from resident.app import service as resident_service
from tests.browser.page_recorder import recording


@pytest.fixture(scope="session", autouse=True)
def record_pages():
    """Keep what these tests render, for a browser to look at."""
    with recording():
        yield


@pytest.fixture(scope="session")
def service():
    return resident_service
