import pytest

from payments.app import service as payments_service


@pytest.fixture(scope="session")
def service():
    return payments_service
