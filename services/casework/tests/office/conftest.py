"""Members of staff in their browsers."""

import pytest

from services.casework.tests.cases.conftest import (  # noqa: F401 - fixtures
    desk,
    events_of,
    installed,
    now,
    open_desk,
    permits,
    run_due,
)

OFFICE = "/citytown/casework/office"
_FAR = 4_000_000_000


@pytest.fixture
def open_office(sign_in_staff, mint_person):
    """Make a function that signs a member of staff in."""

    async def open_as(subject, *, scopes=("casework:read", "casework:act"), council="citytown", **claims):
        claims = {"client_id": "the-office", "mode": "sandbox", "exp": _FAR, **claims}
        token = mint_person(subject, scopes=list(scopes), councils=[council], **claims)
        return await sign_in_staff(token, council=council, name=f"{subject.title()} Officer")

    return open_as
