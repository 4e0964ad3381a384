"""Many cases at once, from a queue."""

import re

from services.casework.tests.office.conftest import OFFICE
from services.casework.tests.office.test_cases import text_of


def chosen(*cases):
    return [f"{case['id']}.{case['version']}" for case in cases]


async def open_bins(desk, *kinds):
    return [(await desk.open({"bin": kind})).json() for kind in kinds]


async def test_selected_cases_get_one_action_and_each_says_what_became_of_it(desk, ann):
    first, second, third = await open_bins(desk, "food", "garden", "rubbish")
    stale = (await desk.change("PATCH", f"cases/{third['id']}", third, team="north")).json()
    await desk.act(second, "refuse")
    second = (await desk.get(f"cases/{second['id']}")).json()
    await ann.get(f"{OFFICE}/cases")
    page = await ann.post(f"{OFFICE}/bulk", case=chosen(first, second, third))
    assert "Change 3 cases" in page.text
    assert "Send a crew" in page.text
    page = await ann.post(f"{OFFICE}/bulk/change", case=chosen(first, second, third), what="send_crew")
    assert "Send a crew: 3 cases" in text_of(page)
    before = (await desk.get(f"cases/{first['id']}")).json()
    assert before["state"] == "reported"
    page = await ann.post(
        f"{OFFICE}/bulk/change", case=chosen(first, second, third), what="send_crew", is_filled="yes"
    )
    text = text_of(page)
    assert "Send a crew: 1 of 3 done" in text
    assert f"{second['reference']} Missed bin collection Not done This cannot be done now." in text
    assert "Somebody changed it after you selected it" in text
    assert (await desk.get(f"cases/{first['id']}")).json()["state"] == "returning"
    assert (await desk.get(f"cases/{third['id']}")).json()["version"] == stale["version"]


async def test_cases_of_several_types_are_given_to_somebody(desk, permits, ann):
    [bin_] = await open_bins(desk, "food")
    permit = (await desk.apply()).json()
    await ann.get(OFFICE)
    page = await ann.post(f"{OFFICE}/bulk", case=chosen(bin_, permit))
    assert "These cases are of several types" in page.text
    assert "Issue" not in page.text
    page = await ann.post(f"{OFFICE}/bulk/change", case=chosen(bin_, permit), what="assign", assignee="ann")
    assert "Given: 2 of 2 done" in page.text
    assert (await desk.get(f"cases/{permit['id']}")).json()["assignee"] == "ann"


async def test_what_an_action_asks_for_is_asked_once_for_all(desk, permits, ann):
    old, new = (await desk.apply("Old")).json(), (await desk.apply("New")).json()
    await ann.get(OFFICE)
    await ann.post(f"{OFFICE}/bulk", case=chosen(new))
    page = await ann.post(f"{OFFICE}/bulk/change", case=chosen(new), what="follow")
    assert 'name="field-old_case"' in page.text
    page = await ann.post(
        f"{OFFICE}/bulk/change", case=chosen(new), what="follow", is_filled="yes",
        **{"field-old_case": old["reference"]},
    )  # fmt: skip
    assert "Follow: 1 of 1 done" in page.text


async def test_nothing_or_nonsense_selected_changes_nothing(desk, ann, open_office):
    [bin_] = await open_bins(desk, "food")
    await ann.get(f"{OFFICE}/cases")
    assert "No case is selected" in (await ann.post(f"{OFFICE}/bulk")).text
    await ann.get(f"{OFFICE}/cases")
    for wrong in ("x.1", f"{bin_['id']}.x", bin_["id"], f"{bin_['id']}.0", f"{bin_['id']}.99999999999"):
        assert (await ann.post(f"{OFFICE}/bulk/change", case=[wrong], what="assign")).status_code == 400
        await ann.get(f"{OFFICE}/cases")
    page = await ann.post(f"{OFFICE}/bulk/change", case=chosen(bin_), what="fly")
    assert "Choose what to do" in page.text
    live = await open_office("ann", mode="live")
    await live.get(OFFICE)
    page = await live.post(f"{OFFICE}/bulk/change", case=chosen(bin_), what="assign", assignee="ann")
    assert "0 of 0 done" in page.text
    assert (await desk.get(f"cases/{bin_['id']}")).json()["version"] == bin_["version"]


async def test_a_whole_page_of_a_queue_is_changed_at_once(desk, ann):
    cases = []
    for n in range(50):
        desk.uprn = str(100 + n)
        cases.append((await desk.open()).json())
    page = await ann.get(f"{OFFICE}/cases")
    boxes = re.findall(r'name="case" type="checkbox" value="([^"]+)"', page.text)
    assert len(boxes) == 50
    page = await ann.post(f"{OFFICE}/bulk/change", case=chosen(*cases), what="send_crew", is_filled="yes")
    assert "Send a crew: 50 of 50 done" in page.text
