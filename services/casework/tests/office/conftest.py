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


@pytest.fixture
def give_roles(desk):  # noqa: F811 - the fixture
    """Make a function that gives a member of staff roles of case types."""

    async def give(subject, *roles):
        path = f"{desk.base}/role-holders/{subject}"
        response = await desk.client.put(path, json={"roles": list(roles)}, headers=desk.headers)
        assert response.status_code == 200, response.text

    return give


@pytest.fixture
async def ann(open_office, give_roles):
    """A waste officer in her browser."""
    await give_roles("ann", "waste_officer", "officer", "doctor")
    return await open_office("ann")


def page_of(case, *path):
    return "/".join((f"{OFFICE}/cases/{case['id']}", *path))
