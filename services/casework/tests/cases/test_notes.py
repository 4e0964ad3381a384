"""Notes and correspondence: for staff, never for the person."""

import pytest


@pytest.fixture
async def desk(desk, permits):
    return desk


async def test_notes_are_listed_in_pages_from_the_beginning(desk):
    case = (await desk.apply()).json()
    path = f"cases/{case['id']}/notes"
    first = await desk.post(path, text="They rang.\nTwice.")
    assert first.status_code == 201, first.text
    letter = {"kind": "correspondence", "direction": "in", "text": "A letter"}
    assert (await desk.post(path, **letter)).status_code == 201
    page = (await desk.get(path, limit=2)).json()  # the first is to a role that nobody holds
    assert [note["text"] for note in page["items"]][1:] == ["They rang.\nTwice."]
    page = await desk.client.get(f"{desk.base}/{path}?limit=1", headers=desk.headers)
    assert page.links["next"]
    last = (await desk.get(path)).json()["items"][-1]
    assert (last["kind"], last["direction"]) == ("correspondence", "in")
    assert (await desk.get(f"cases/{case['id']}")).json()["version"] == case["version"]


async def test_the_person_never_reads_or_writes_notes_even_if_they_are_staff(desk, open_desk):
    case = (await desk.apply(person="resident-1")).json()
    path = f"cases/{case['id']}/notes"
    for roles in ([], ["officer"]):
        role_path = f"{desk.base}/role-holders/resident-1"
        await desk.client.put(role_path, json={"roles": roles}, headers=desk.headers)
        resident = open_desk(sub="resident-1", client_id="portal")
        assert (await resident.get(path)).status_code == 403
        assert (await resident.post(path, text="mine")).status_code == 403
    nobody = open_desk(sub="nobody-1", client_id="portal")
    assert (await nobody.get(path)).status_code == 403
    for stranger in (open_desk(council="hillshire"), open_desk(mode="live")):
        assert (await stranger.get(path)).status_code == 404
        assert (await stranger.post(path, text="x")).status_code == 404


@pytest.mark.parametrize(
    "note",
    [
        {"text": ""},
        {"text": "x" * 10_001},
        {"text": "a\x00b"},
        {"text": "a\x1bb"},
        {"text": "x", "direction": "in"},
        {"text": "x", "kind": "correspondence"},
        {"text": "x", "kind": "post"},
    ],
)
async def test_a_note_that_is_none_is_refused(desk, note):
    case = (await desk.apply()).json()
    assert (await desk.post(f"cases/{case['id']}/notes", **note)).status_code == 400
