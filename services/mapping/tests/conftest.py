import pytest

from mapping.app import service as mapping_service


@pytest.fixture(scope="session")
def service():
    return mapping_service
