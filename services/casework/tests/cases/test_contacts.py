"""How a person is reached is corrected later, and the history has what it was before."""

import pytest

from chassis import ids

OLD = {"email": "old@example.org", "phone": None, "language": "en"}
NEW = {"email": "new@example.org", "phone": "+447700900123", "language": "cy"}


@pytest.fixture
async def desk(desk, permits):
    return desk


async def correct(desk, case, contact=NEW):
    return await desk.change("PUT", f"cases/{case['id']}/contact", case, **contact)


async def read_history(desk, case):
    return (await desk.get(f"cases/{case['id']}/history")).json()["items"]


async def test_a_contact_is_corrected_with_history_and_messages_go_to_the_new_one(desk, sent_messages):
    case = (await desk.apply(contact=OLD)).json()
    response = await correct(desk, case)
    assert response.status_code == 200, response.text
    assert response.json()["contact"] == NEW
    assert response.headers["ETag"] == '"2"'
    entry = (await read_history(desk, case))[-1]
    assert (entry["kind"], entry["n"], entry["after"]) == ("contact", 2, {})
    assert entry["personal"] == {
        "email": ["old@example.org", "new@example.org"],
        "phone": [None, "+447700900123"],
        "language": ["en", "cy"],
    }
    old_messages = len(await sent_messages("old@example.org"))
    await desk.act(response.json(), "visit")
    assert len(await sent_messages("old@example.org")) == old_messages


async def test_a_contact_is_given_to_a_case_that_had_none(desk):
    case = (await desk.apply()).json()
    assert case["contact"] is None
    assert (await correct(desk, case)).json()["contact"] == NEW


async def test_the_same_contact_again_changes_nothing(desk):
    case = (await desk.apply(contact=OLD)).json()
    response = await correct(desk, case, OLD)
    assert (response.status_code, response.json()["version"]) == (200, 1)


async def test_a_contact_is_not_corrected_by_strangers_or_over_a_newer_version(desk, open_desk):
    case = (await desk.apply(contact=OLD)).json()
    for stranger in (open_desk(council="hillshire"), open_desk(mode="live")):
        assert (await correct(stranger, case)).status_code == 404
    assert (await correct(open_desk(["casework:read"]), case)).status_code == 403
    assert (await correct(desk, case, {"email": "no address"})).status_code == 400
    await desk.act(case, "visit")
    assert (await correct(desk, case)).status_code == 412
    other = ids.show(ids.new())
    assert (await desk.change("PUT", f"cases/{other}/contact", case, **NEW)).status_code == 404
    assert (await desk.get(f"cases/{case['id']}")).json()["contact"] == OLD
