import pytest

from casework.app import service as casework_service


@pytest.fixture(scope="session")
def service():
    return casework_service
