"""Cases that cases open, follow and end in; and what each does to clocks."""

import asyncio
from datetime import UTC, datetime

import pytest


@pytest.fixture
async def desk(desk, permits):
    return desk


async def read(desk, case_id):
    return (await desk.get(f"cases/{case_id}")).json()


def find_clock(case):
    [clock] = case["clocks"]
    return clock["due_on"]


async def test_a_sub_case_is_opened_with_copied_fields_and_a_clock_of_its_own(desk, now, events_of):
    case = (await desk.apply(person="resident-1", contact={"email": "sub@example.org"})).json()
    now("2026-04-07T09:00:00Z")
    response = await desk.act(case, "visit")
    assert response.status_code == 200, response.text
    parent = response.json()
    [link] = parent["links"]
    assert (link["kind"], link["case_type"], link["outward"]) == ("sub_case", "visit", True)
    child = await read(desk, link["case"])
    assert (child["fields"], child["person"], child["state"]) == (
        {"who": "Ann Other"},
        "resident-1",
        "planned",
    )
    assert child["contact"]["email"] == "sub@example.org"
    assert find_clock(child) == "2026-04-14"
    assert find_clock(parent) == find_clock(case) == "2026-04-20"
    assert [(link["case"], link["outward"]) for link in child["links"]] == [(case["id"], False)]
    assert [event["type"] for event in await events_of(child)] == ["casework.case.opened.v1"]


async def test_a_restricted_sub_case_is_there_for_its_role_only(desk, open_desk):
    case = (await desk.apply(person="resident-1")).json()
    response = await desk.act(case, "worry")
    assert response.status_code == 200, response.text
    assert response.json()["links"] == []
    path = f"{desk.base}/role-holders/guardian-1"
    await desk.client.put(path, json={"roles": ["guardian", "officer"]}, headers=desk.headers)
    guardian = open_desk(sub="guardian-1", client_id="office")
    [link] = (await read(guardian, case["id"]))["links"]
    child = await read(guardian, link["case"])
    assert (child["case_type"], child["person"], child["contact"]) == ("visit", None, None)
    assert (await desk.get(f"cases/{link['case']}")).status_code == 404


async def test_an_act_whose_sub_case_cannot_be_opened_changes_nothing(desk):
    case = (await desk.apply()).json()
    response = await desk.act(case, "inspect")
    assert response.status_code == 409
    assert response.json()["reasons"][0]["rule"] == "sub_cases.lost"
    assert await read(desk, case["id"]) == case


async def test_a_case_follows_another_and_both_show_it(desk):
    first = (await desk.apply()).json()
    fields = {"name": "Ann", "old_case": first["reference"]}
    second = (await desk.apply(fields=fields)).json()
    [link] = second["links"]
    assert (link["case"], link["kind"], link["relation"]) == (first["id"], "link", "follows")
    first_again = await read(desk, first["id"])
    assert first_again["links"][0]["outward"] is False
    assert (first_again["version"], find_clock(first_again)) == (first["version"], find_clock(first))
    assert (await desk.act(second, "follow")).json()["links"] == second["links"]


async def test_a_merged_case_ends_in_the_other_whose_clocks_go_on(desk, now, run_due, events_of):
    survivor = (await desk.apply()).json()
    now("2026-04-07T09:00:00Z")
    case = (await desk.apply()).json()
    response = await desk.act(case, "merge", fields={"same_case": survivor["reference"]})
    assert response.status_code == 200, response.text
    merged = response.json()
    assert (merged["state"], merged["result"], merged["due_at"]) == ("joined", "joined", None)
    assert find_clock(merged) is None  # though its type stops the clock on `issued` alone
    assert [link["kind"] for link in merged["links"]] == ["merge"]
    survivor_after = await read(desk, survivor["id"])
    assert find_clock(survivor_after) == find_clock(survivor)
    history = (await desk.get(f"cases/{survivor['id']}/history")).json()["items"]
    assert (history[-1]["kind"], history[-1]["after"]) == (
        "merge",
        {f"merged.{case['reference'].replace('-', '')}": "duplicate_of"},
    )
    now("2026-05-20T09:00:00Z")
    await run_due(datetime(2026, 5, 20, 9, tzinfo=UTC))
    assert await events_of(case, "casework.clock") == []
    assert len(await events_of(survivor, "casework.clock")) == 1
    assert (await desk.act(survivor_after, "issue", version=survivor_after["version"] + 1)).status_code == 200


@pytest.mark.parametrize("wrong", ["itself", "nobody", "closed", "another council"])
async def test_a_case_ends_in_no_case_that_is_not_open_here(desk, open_desk, wrong):
    case = (await desk.apply()).json()
    other = (await desk.apply()).json()
    reference = {"itself": case["reference"], "nobody": "HF7K-2P9Q-XBC"}.get(wrong, other["reference"])
    if wrong == "closed":
        await desk.act(other, "issue")
    if wrong == "another council":
        reference = (await open_desk(council="hillshire").open()).json()["reference"]
    response = await desk.act(case, "merge", fields={"same_case": reference})
    assert response.status_code == 409, response.text
    assert await read(desk, case["id"]) == case


async def test_of_two_cases_that_merge_into_each_other_one_is_left(desk):
    first, second = [(await desk.apply()).json() for _ in range(2)]
    answers = await asyncio.gather(
        desk.act(first, "merge", fields={"same_case": second["reference"]}),
        desk.act(second, "merge", fields={"same_case": first["reference"]}),
    )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses in ([200, 409], [200, 412], [409, 409])
    open_ones = [case for case in (first, second) if (await read(desk, case["id"]))["closed_at"] is None]
    assert open_ones


async def test_a_case_that_was_closed_is_reopened_with_its_clock(desk, events_of):
    case = (await desk.apply()).json()
    closed = (await desk.act(case, "issue")).json()
    assert closed["closed_at"] is not None
    reopened = (await desk.act(closed, "reopen")).json()
    assert (reopened["state"], reopened["result"], reopened["closed_at"]) == ("applied", "", None)
    assert find_clock(reopened) == find_clock(case)
    kinds = [event["type"].split(".")[2] for event in await events_of(case)]
    assert kinds == ["opened", "closed", "changed"]


async def test_two_links_of_one_act_that_merge_into_the_same_case_merge_once(desk):
    survivor, case = [(await desk.apply()).json() for _ in range(2)]
    fields = {"same_case": survivor["reference"], "other_case": survivor["reference"]}
    response = await desk.act(case, "merge", fields=fields)
    assert response.status_code == 200, response.text
    assert sorted(link["relation"] for link in response.json()["links"]) == ["about", "duplicate_of"]
    history = (await desk.get(f"cases/{survivor['id']}/history")).json()["items"]
    assert [entry["kind"] for entry in history] == ["action", "merge"]
