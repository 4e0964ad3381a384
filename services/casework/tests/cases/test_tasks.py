"""Tasks of cases in queues, and what is mine."""

import pytest
from sqlalchemy import text

from chassis import ids

_RENAME = (
    text("UPDATE case_task SET task = 'x_ray' WHERE case_id = :case AND task = 'medical'"),
    text("""UPDATE case_record SET engine = jsonb_set(engine, '{tasks}', '{"x_ray": ["open", "", ""]}')
        WHERE id = :case"""),
)


@pytest.fixture
async def desk(desk, permits):
    return desk


async def test_a_task_is_in_the_queue_of_its_role_until_it_is_done(desk, events_of):
    case = (await desk.apply()).json()
    queue = (await desk.get("tasks", role="doctor")).json()["items"]
    [task] = [task for task in queue if task["case"] == case["id"]]
    assert (task["task"], task["case_type"], task["reference"]) == ("medical", "permit", case["reference"])
    assert task["case_due_at"] == case["due_at"]
    assert "Ann Other" not in str(queue)
    response = await desk.change("POST", f"cases/{case['id']}/tasks/medical", case, outcome="fit")
    assert response.status_code == 200, response.text
    queue = (await desk.get("tasks", role="doctor")).json()["items"]
    assert case["id"] not in {task["case"] for task in queue}
    opened, closed = await events_of(case, "casework.task")
    assert (opened["type"], closed["type"]) == ("casework.task.opened.v1", "casework.task.closed.v1")
    assert opened["subject"] == closed["subject"] == task["id"]
    assert (opened["sequence"], closed["sequence"]) == (1, 2)
    assert closed["data"]["outcome"] == "fit"


async def test_a_task_is_given_to_a_person_and_listed_for_them(desk):
    case = (await desk.apply()).json()
    path = f"cases/{case['id']}/tasks/medical/assignee"
    assert (await desk.client.put(f"{desk.base}/{path}", json={"assignee": "d"}, headers=desk.headers)
            ).status_code == 428  # fmt: skip
    response = await desk.change("PUT", path, case, assignee="doctor-1")
    assert response.status_code == 200, response.text
    [task] = (await desk.get("tasks", assignee="doctor-1")).json()["items"]
    assert task["case"] == case["id"]
    case = response.json()
    response = await desk.change("PUT", f"cases/{case['id']}/tasks/fly/assignee", case, assignee="doctor-1")
    assert response.status_code == 404


async def test_pages_of_the_queue_hold_each_task_once(desk):
    cases = {(await desk.apply()).json()["id"] for _ in range(5)}
    listed, url = [], f"{desk.base}/tasks?role=doctor&limit=2"
    while url:
        page = await desk.client.get(url, headers=desk.headers)
        listed += [task["case"] for task in page.json()["items"]]
        url = page.links.get("next", {}).get("url")
    assert len(listed) == len(set(listed))
    assert cases <= set(listed)


async def test_a_queue_is_of_one_council_and_mode(desk, open_desk):
    case = (await desk.apply()).json()
    for stranger in (open_desk(council="hillshire"), open_desk(mode="live")):
        assert case["id"] not in str((await stranger.get("tasks", role="doctor")).json())


async def test_mine_are_the_cases_assigned_to_me(desk, open_desk):
    case = (await desk.apply()).json()
    me = open_desk(sub="officer-mine", client_id="office")
    assert (await me.get("cases", mine=True)).json()["items"] == []
    await desk.change("PATCH", f"cases/{case['id']}", case, assignee="officer-mine")
    [mine] = (await me.get("cases", mine=True)).json()["items"]
    assert mine["id"] == case["id"]


async def test_opening_a_case_with_personal_data_is_said_once_an_hour(desk, now, open_desk, events_of):
    case = (await desk.apply(person="resident-1")).json()
    officer = open_desk(sub="officer-1", client_id="office")
    resident = open_desk(sub="resident-1", client_id="portal")
    for _ in range(2):
        await officer.get(f"cases/{case['id']}")
        await resident.get(f"cases/{case['id']}")
    now("2026-04-02T10:00:00Z")
    await officer.get(f"cases/by-reference/{case['reference']}")
    events = await events_of(case, "casework.access")
    assert [event["data"]["actor"] for event in events] == ["officer-1", "officer-1"]
    assert events[0]["data"]["person"] == "resident-1"
    assert "Ann Other" not in str(events)


async def test_a_task_that_its_type_has_no_more_is_read_and_dropped_by_the_next_act(
    desk, database, events_of
):
    case = (await desk.apply()).json()
    async with database.writing("citytown") as session:
        for statement in _RENAME:
            await session.execute(statement, {"case": ids.read(case["id"])})
    [task] = (await desk.get(f"cases/{case['id']}")).json()["tasks"]
    assert (task["task"], task["name"]["en"], task["status"]) == ("x_ray", "x_ray", "open")
    response = await desk.act(case, "follow")
    assert response.status_code == 200, response.text
    statuses = {task["task"]: task["status"] for task in response.json()["tasks"]}
    assert statuses == {"medical": "open", "x_ray": "dropped"}
    dropped = [each["data"] for each in await events_of(case, "casework.task") if "closed" in each["type"]]
    assert [(task["task"], task["role"], task["status"]) for task in dropped] == [
        ("x_ray", "doctor", "dropped")
    ]
