"""A missed bin from report to collection: its clock, history, events and refusals."""

from datetime import UTC, datetime


async def test_a_missed_bin_is_reported_and_collected(desk, now, events_of):
    response = await desk.open()
    assert response.status_code == 201, response.text
    case = response.json()
    assert case["state"] == "reported"
    assert case["public_state"]["en"] == "We have your report"
    assert case["fields"]["uprn"] == desk.uprn
    [clock] = [clock for clock in case["clocks"] if clock["clock"] == "return"]
    assert clock["due_on"] == "2026-04-08"  # two working days after Easter
    assert clock["due_at"] == case["due_at"] == "2026-04-08T23:00:00Z"
    assert response.headers["etag"] == '"1"'
    now("2026-04-07T08:00:00Z")
    case = (await desk.act(case, "send_crew")).json()
    assert case["state"] == "returning"
    now("2026-04-08T15:00:00Z")
    case = (await desk.act(case, "record_collection")).json()
    assert (case["state"], case["result"], case["due_at"]) == ("collected", "collected", None)
    assert case["closed_at"] == "2026-04-08T15:00:00Z"
    events = await events_of(case)
    assert [event["type"].split(".")[2] for event in events] == ["opened", "changed", "closed"]
    assert [event["sequence"] for event in events] == [1, 2, 3]
    assert desk.uprn not in str(events[1:])  # its place is in the first alone


async def test_a_reference_finds_the_case_however_it_is_typed(desk):
    case = (await desk.open()).json()
    typed = case["reference"].lower().replace("-", " ")
    assert (await desk.get(f"cases/by-reference/{typed}")).json()["id"] == case["id"]
    wrong = "1" if case["reference"][0] != "1" else "2"
    response = await desk.get(f"cases/by-reference/{wrong}{case['reference'][1:]}")
    assert response.status_code == 404


async def test_a_refused_act_says_which_guards_failed_in_both_languages(desk):
    response = await desk.open({"collection_day": "2026-04-03", "crew_event": "contaminated"})
    assert response.status_code == 409
    problem = response.json()
    assert problem["code"] == "action-refused"
    assert {reason["rule"].rpartition(".")[2] for reason in problem["reasons"]} == {
        "day_has_come",
        "not_contaminated",
    }
    assert all(reason["en"] and reason["cy"] for reason in problem["reasons"])
    assert await desk.list() == []


async def test_a_second_report_of_the_same_bin_is_refused(desk):
    assert (await desk.open()).status_code == 201
    response = await desk.open()
    assert response.status_code == 409
    assert "reported before" in response.json()["detail"]
    assert (await desk.open({"bin": "garden"})).status_code == 201


async def test_an_act_that_the_state_does_not_have_is_refused(desk):
    case = (await desk.open()).json()
    response = await desk.act(case, "record_collection")
    assert response.status_code == 409
    response = await desk.act(case, "fly")
    assert response.status_code == 409


async def test_what_was_stamped_on_friday_counts_from_friday(desk, now):
    now("2026-04-13T09:00:00Z")
    fields = {"collection_day": "2026-04-10"}
    response = await desk.open(fields, effective_at="2026-04-10T16:00:00Z")
    case = response.json()
    assert [clock["due_on"] for clock in case["clocks"] if clock["clock"] == "return"] == ["2026-04-14"]
    response = await desk.open({"bin": "garden"}, effective_at="2026-04-13T09:00:01Z")
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "body.effective_at"


async def test_a_passed_deadline_is_noted_once_and_told(desk, now, run_due, events_of):
    case = (await desk.open()).json()
    late = datetime(2026, 4, 9, 9, tzinfo=UTC)
    now("2026-04-09T09:00:00Z")
    await run_due(late)
    await run_due(late)
    [breach] = await events_of(case, "casework.clock")
    assert breach["data"]["clock"] == "return"
    case = (await desk.get(f"cases/{case['id']}")).json()
    [clock] = [clock for clock in case["clocks"] if clock["clock"] == "return"]
    assert clock["breached_at"] == "2026-04-09T09:00:00Z"
    history = (await desk.get(f"cases/{case['id']}/history")).json()["items"]
    assert sorted(entry["kind"] for entry in history) == ["action", "breach", "timer"]


async def test_a_deadline_that_was_met_is_never_a_breach(desk, now, run_due, events_of):
    case = (await desk.open()).json()
    case = (await desk.act(case, "refuse")).json()
    now("2026-04-09T09:00:00Z")
    await run_due(datetime(2026, 4, 9, 9, tzinfo=UTC))
    assert await events_of(case, "casework.clock") == []
