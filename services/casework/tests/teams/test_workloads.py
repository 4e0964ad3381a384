"""How much work there is, and who is given the next case."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.workloads.rules import choose_assignee
from chassis import ids

_FILL = """INSERT INTO case_record (council, id, reference, mode, type_version, code, state, result, engine,
        created_by, version, opened_at, queued_at, changed_at, team, assignee, due_at)
    SELECT council, uuidv7(), 'LOAD' || n, mode, type_version, code, state, result, engine, created_by,
        version, opened_at, queued_at, changed_at, 'load_' || n % 40, 'person_' || n % 400, due_at
    FROM case_record, generate_series(1, 10000) n WHERE id = $1"""


async def count(desk):
    response = await desk.get("workloads")
    assert response.status_code == 200, response.text
    return response.json()


def find(loads, key, name):
    return next((load for load in loads if load[key] == name), None)


async def test_workloads_count_open_overdue_and_due_this_week(desk, report, now, team, open_desk):
    cases = [await report() for _ in range(3)]
    for case in cases:
        response = await desk.change("PATCH", f"cases/{case['id']}", case, team=team, assignee=team)
        assert response.status_code == 200, response.text
    await desk.act(cases[0] | {"version": 2}, "check")
    work = await count(desk)
    # Thursday 2 April 2026; three working days with Good Friday and Easter Monday end on Thursday 9.
    assert (work["week_ends_on"], find(work["teams"], "team", team)) == (
        "2026-04-05",
        {"team": team, "open": 3, "overdue": 0, "due_this_week": 0},
    )
    now("2026-04-08T09:00:00Z")
    mine = find((await count(desk))["people"], "assignee", team)
    assert (mine["open"], mine["overdue"], mine["due_this_week"]) == (3, 0, 3)
    now("2026-04-10T09:00:00Z")
    mine = find((await count(desk))["people"], "assignee", team)
    assert (mine["open"], mine["overdue"], mine["due_this_week"]) == (3, 3, 0)
    for stranger in (open_desk(council="hillshire"), open_desk(mode="live")):
        assert find((await count(stranger))["teams"], "team", team) is None
    assert (await open_desk(["casework:act"]).get("workloads")).status_code == 403


async def test_restricted_cases_are_counted_for_their_role_only(desk, report, sign_in, set_team, team):
    await set_team(team, areas=[{"area": team}])
    case = await report(ward=team)
    assert (await desk.act(case, "hush")).status_code == 200
    guardian = await sign_in("guardian-1", "guardian")
    assert find((await count(guardian))["teams"], "team", team)["open"] == 2
    for by in (desk, await sign_in("officer-9", "officer", "manager")):
        assert find((await count(by))["teams"], "team", team)["open"] == 1


async def test_who_has_least_and_the_role_and_is_here_is_given_the_case(
    desk, report, sign_in, set_team, team, assign
):
    names = [f"{team}-{letter}" for letter in "abcd"]
    for name in names[:3]:
        await sign_in(name, "officer")
    await sign_in(names[3], "doctor")
    await set_team(team, *names, f"{team}-nobody", areas=[{"area": team}])
    turns = []
    for _ in range(4):
        response = await assign(await report(ward=team))
        assert response.status_code == 200, response.text
        turns.append(response.json()["assignee"])
    assert turns == [*names[:3], names[0]]  # in turn: all have as many
    body = {"roles": ["officer"], "away_from": "2026-04-01", "away_until": "2026-04-02"}
    path = f"{desk.base}/role-holders/{names[1]}"
    response = await desk.client.put(path, json=body, headers=desk.headers)
    assert response.json()["away_until"] == "2026-04-02", response.text
    assert (await desk.get(f"role-holders/{names[1]}")).json()["away_from"] == "2026-04-01"
    await desk.client.put(path, json={"roles": ["officer"]}, headers=desk.headers)  # and stays away
    response = await assign(await report(ward=team))
    assert response.json()["assignee"] == names[2]  # the second is away, the first has two
    page = (await desk.get("cases", assignee=names[2])).json()["items"]
    for item in page:
        await desk.change("PATCH", f"cases/{item['id']}", item, assignee=None)
    assert (await assign(await report(ward=team))).json()["assignee"] == names[2]


async def test_two_cases_at_once_go_to_two_people(report, sign_in, set_team, team, assign):
    names = [f"{team}-{letter}" for letter in "abc"]
    for name in names:
        await sign_in(name, "officer")
    await set_team(team, *names, areas=[{"area": team}])
    cases = [await report(ward=team) for _ in range(6)]
    answers = await asyncio.gather(*(assign(case) for case in cases))
    assert sorted(answer.json()["assignee"] for answer in answers) == sorted(names * 2)


async def test_nobody_takes_what_another_person_must_follow(desk, report, sign_in, set_team, team, assign):
    names = [f"{team}-a", f"{team}-b"]
    first = await sign_in(names[0], "officer")
    await sign_in(names[1], "officer")
    await set_team(team, *names, areas=[{"area": team}])
    case = (await first.act(await report(ward=team), "check")).json()
    response = await desk.change("PATCH", f"cases/{case['id']}", case, assignee=names[0])
    assert (response.status_code, response.json()["code"]) == (409, "same-person")
    response = await assign(case)
    assert response.json()["assignee"] == names[1]
    await set_team(team, names[0], areas=[{"area": team}])
    response = await assign(response.json())
    assert (response.status_code, response.json()["code"]) == (409, "nobody-free")


async def test_a_restricted_case_is_turns_its_role_only(report, sign_in, set_team, team, assign, desk):
    names = [f"{team}-a", f"{team}-b"]
    await sign_in(names[0], "officer")
    guardian = await sign_in(names[1], "officer", "guardian")
    await set_team(team, *names, areas=[{"area": team}])
    case = (await desk.act(await report(ward=team), "hush")).json()
    [link] = (await guardian.get(f"cases/{case['id']}")).json()["links"]
    child = (await guardian.get(f"cases/{link['case']}")).json()
    assert (await assign(child, by=guardian)).json()["assignee"] == names[1]
    assert (await assign(child)).status_code == 404


async def test_what_cannot_be_assigned_by_rule_says_why(report, desk, assign, open_desk, set_team, team):
    case = await report(ward="Castle")
    response = await assign(case)
    assert (response.status_code, response.json()["code"]) == (409, "no-team")
    assert (await assign(case, by=open_desk(council="hillshire"))).status_code == 404
    assert (await assign(case, by=open_desk(mode="live"))).status_code == 404
    assert (await assign(case, by=open_desk(["casework:read"]))).status_code == 403
    assert (await assign(case | {"version": 9})).status_code == 412
    await set_team(team, areas=[{"area": team}])
    closed = (await desk.act(await report(ward=team), "check")).json()
    response = await assign(closed)
    assert (response.status_code, response.json()["code"]) == (409, "nobody-free")


async def test_tasks_are_listed_by_team(desk):
    assert (await desk.get("tasks", team="no_team")).json()["items"] == []


@pytest.mark.long
async def test_ten_thousand_open_cases_are_counted_in_two_statements(
    desk, report, sign_in, owner, statements
):
    case = await report()
    await owner.execute(_FILL, ids.read(case["id"]))
    await owner.execute("VACUUM ANALYZE case_record")
    officer = await sign_in("officer-3", "officer")
    await count(officer)
    statements.clear()
    work = await count(officer)
    assert len([each for each in statements if "set_config" not in each]) == 2
    assert find(work["teams"], "team", "load_3")["open"] == 250
    assert find(work["people"], "assignee", "person_3")["open"] == 25
    assert len(work["people"]) <= 500


@given(
    st.lists(st.sampled_from("abcdef"), unique=True),
    st.sets(st.sampled_from("abcdefg")),
    st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 5)),
    st.none() | st.sampled_from("abcdefg"),
)
def test_the_choice_is_one_of_those_who_may_with_the_fewest(members, able, loads, last):
    chosen = choose_assignee(members, able, loads, last)
    candidates = [member for member in members if member in able]
    if not candidates:
        assert chosen is None
        return
    assert chosen in candidates
    fewest = min(loads.get(member, 0) for member in candidates)
    assert loads.get(chosen, 0) == fewest
    assert choose_assignee(members, able, loads, last) == chosen
