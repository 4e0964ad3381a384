"""The queues of the office, as a browser of a member of staff gets them."""

from services.casework.tests.office.conftest import OFFICE


async def assign(desk, case, **members):
    response = await desk.change("PATCH", f"cases/{case['id']}", case, **members)
    assert response.status_code == 200, response.text
    return response.json()


async def test_my_work_is_what_is_mine_and_says_how_long_is_left(desk, permits, open_office):
    case = await assign(desk, (await desk.open()).json(), assignee="ann")
    other = (await desk.open({"bin": "garden"})).json()
    permit = (await desk.apply("Nobody Knows")).json()
    await desk.change("PUT", f"cases/{permit['id']}/tasks/medical/assignee", permit, assignee="ann")
    page = await (await open_office("ann")).get(OFFICE)
    for words in ("Missed bin collection", case["reference"], "Reported", "days left", "Ann Officer"):
        assert words in page.text
    assert f"{OFFICE}/cases/{permit['id']}/tasks/medical" in page.text
    assert other["reference"] not in page.text
    assert "Nobody Knows" not in page.text
    empty = await (await open_office("bob")).get(OFFICE)
    assert "No open case is yours" in empty.text


async def test_the_sandbox_and_what_is_live_are_apart_and_the_sandbox_says_that_it_is(desk, open_office):
    case = await assign(desk, (await desk.open()).json(), assignee="ann")
    sandbox, live = await open_office("ann"), await open_office("ann", mode="live")
    assert "This is a test" in (await sandbox.get(OFFICE)).text
    page = await live.get(OFFICE)
    assert "This is a test" not in page.text
    assert case["reference"] not in page.text


async def test_who_has_no_role_or_is_of_another_council_sees_no_page(now, installed, open_office):
    stranger = await open_office("carl", scopes=["payments:office"])
    assert (await stranger.get(OFFICE)).status_code == 403
    foreign = await open_office("ann", council="hillshire")
    foreign.http.cookies.set("casework-staff-citytown", foreign.http.cookies["casework-staff-hillshire"])
    response = await foreign.get(OFFICE)
    assert response.status_code == 303
    assert "/sign-in?back=" in response.headers["location"]
