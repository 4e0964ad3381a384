"""Roles of case types, given on a page."""

import pytest

from services.casework.tests.office.conftest import OFFICE, page_of

CONFIGURE = ["casework:read", "casework:configure"]


@pytest.fixture
async def keeper(open_office, desk):
    return await open_office("kim", scopes=CONFIGURE)


async def test_a_role_is_given_on_a_page_and_takes_effect_at_once(desk, keeper, open_office):
    pam = await open_office("pam")
    case = (await desk.open()).json()
    assert "You have no role" in (await pam.get(page_of(case))).text
    people = await keeper.get(f"{OFFICE}/people")
    assert "Pam Officer" in people.text
    form = await keeper.get(f"{OFFICE}/people/pam")
    assert "Waste officer" in form.text
    wrong = await keeper.post(f"{OFFICE}/people/pam", role="waste_officer", email="pam")
    assert wrong.status_code == 400
    assert "Enter an email address" in wrong.text
    page = await keeper.post(
        f"{OFFICE}/people/pam", role=["waste_officer", "resident"], email="p@example.org"
    )
    assert page.url.path == f"{OFFICE}/people"
    holder = (await desk.get("role-holders/pam")).json()
    assert (holder["roles"], holder["email"]) == (["waste_officer"], "p@example.org")
    assert "Send a crew" in (await pam.get(page_of(case))).text


async def test_who_may_not_configure_gives_no_role_even_to_themselves(desk, ann, keeper):
    await ann.get(OFFICE)
    assert (await ann.get(f"{OFFICE}/people")).status_code == 403
    assert (await ann.post(f"{OFFICE}/people/ann", role="crew")).status_code == 403
    assert (await keeper.get(f"{OFFICE}/people/nobody-of-this-id")).status_code == 404
