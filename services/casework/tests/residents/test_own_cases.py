"""A person's own cases: public words in their language, what they can do, and nothing of staff or others."""

import json

import pytest

from chassis import ids

REQUEST = {"requester": "Rosa", "address": "1 High Street", "request": "Every record of my bin"}


async def open_case(resident, fields, **members):
    response = await resident.open(fields=fields, **members)
    assert response.status_code == 201, response.text
    return response.json()


async def list_staff(office, case):
    by_reference = (await office.get(f"cases/by-reference/{case['reference']}")).json()
    return by_reference, f"cases/{by_reference['id']}"


async def test_a_person_opens_a_case_and_reads_where_it_stands(sign_in, office, bin_fields, name, now):
    rosa = sign_in(name)
    response = await rosa.open(fields=bin_fields, contact={"email": "rosa@example.org"})
    assert response.status_code == 201, response.text
    case = response.json()
    assert response.headers["Location"] == f"{rosa.base}/{case['reference']}"
    assert (case["name"], case["status"]) == ("Missed bin collection", "We have your report")
    assert (case["move"], case["due_on"], case["late"]) == ("council", "2026-04-08", False)
    assert case["next_step"] == "We aim to take the next step by Wednesday 8 April 2026."
    assert [answer["field"] for answer in case["answers"]] == ["uprn", "bin", "collection_day"]
    assert [(item["text"], item["by"]) for item in case["timeline"]] == [("We have your report", "you")]
    assert case["messages"][0]["text"].startswith("We have your report of a missed bin\n\nWe will come back")
    assert case["actions"] == []
    staff, path = await list_staff(office, case)
    assert (staff["person"], staff["mode"]) == (name, "live")
    now("2026-04-07T08:00:00Z")
    moved = (await office.act(staff, "send_crew")).json()
    now("2026-04-09T08:00:00Z")
    late = await rosa.read(case)
    assert (late["status"], late["late"]) == ("A crew is coming back", True)
    assert late["next_step"].startswith("We are late: the next step was due by Wednesday 8 April 2026.")
    await office.act(moved, "record_collection")
    over = await rosa.read(case)
    assert (over["move"], over["next_step"]) == ("nobody", "This is finished: Collected.")
    assert [item["by"] for item in over["timeline"]] == ["council", "council", "you"]
    assert path not in json.dumps(over)


async def test_who_reads_welsh_is_answered_in_welsh(sign_in, bin_fields, name):
    rosa = sign_in(name)
    case = await open_case(rosa, bin_fields)
    response = await rosa.get(case["reference"], "cy")
    assert response.headers["Vary"] == "Accept-Language"
    welsh = response.json()
    assert (welsh["language"], welsh["status"]) == ("cy", "Rydym wedi cael eich adroddiad")
    assert welsh["next_step"] == "Ein nod yw cymryd y cam nesaf erbyn dydd Mercher 8 Ebrill 2026."
    [summary] = (await rosa.get(language="cy")).json()["items"]
    assert summary["name"] == "Casgliad bin a fethwyd"


async def test_a_person_answers_what_the_council_asked_and_it_is_the_councils_move(sign_in, office, name):
    rosa = sign_in(name)
    case = await open_case(rosa, REQUEST, case_type="freedom-of-information")
    assert case["next_step"].startswith("We must take the next step by ")
    staff, path = await list_staff(office, case)
    response = await office.act(staff, "ask_clarification", fields={"question": "Of which year?"})
    assert response.status_code == 200, response.text
    case = await rosa.read(case)
    assert case["move"] == "you"
    assert case["next_step"].startswith("We are waiting for you")
    [clarify] = [action for action in case["actions"] if action["action"] == "clarify"]
    assert clarify["asks"][0]["field"] == "clarification"
    response = await rosa.act(case, "clarify", clarification="Those of 2025")
    assert response.status_code == 200, response.text
    assert response.json()["move"] == "council"
    history = (await office.get(f"{path}/history")).json()["items"]
    assert (history[-1]["act"], history[-1]["actor"]) == ("clarify", {"sub": name})


async def test_a_person_gives_no_fields_of_staff_and_does_no_act_of_theirs(sign_in, bin_fields, name):
    rosa = sign_in(name)
    response = await rosa.open(fields={**bin_fields, "ward": "Castle"})
    assert (response.status_code, response.json()["reasons"][0]["rule"]) == (409, "fields.ward")
    case = await open_case(rosa, bin_fields)
    response = await rosa.act(case, "send_crew")
    assert (response.status_code, response.json()["code"]) == (409, "action-refused")


async def test_who_is_staff_too_is_only_a_resident_in_their_own_case(sign_in, office, bin_fields, name):
    path = f"{office.base}/role-holders/{name}"
    await office.client.put(path, json={"roles": ["waste_officer"]}, headers=office.headers)
    case = await open_case(sign_in(name), bin_fields)
    assert (await sign_in(name).act(case, "send_crew")).status_code == 409


async def test_notes_and_fields_of_staff_are_in_no_answer_to_a_resident(sign_in, office, bin_fields, name):
    rosa = sign_in(name)
    case = await open_case(rosa, bin_fields)
    _, path = await list_staff(office, case)
    secrets = ("The dog bites", "They rang again")
    await office.post(f"{path}/notes", text=secrets[0])
    await office.post(f"{path}/notes", text=secrets[1], kind="correspondence", direction="in")
    answer = "We looked: the lorry broke down."
    members = {"kind": "correspondence", "direction": "out", "for_person": True}
    response = await office.post(f"{path}/notes", text=answer, **members)
    assert response.status_code == 201, response.text
    after = await rosa.read(case)
    assert not [secret for secret in secrets if secret in json.dumps(after)]
    assert (after["messages"][0]["text"], after["messages"][0]["by"]) == (answer, "council")
    response = await office.post(f"{path}/notes", text="A note", for_person=True)
    assert response.status_code == 400


async def test_a_message_is_read_by_staff_and_stands_in_the_history(sign_in, office, bin_fields, name):
    rosa = sign_in(name)
    case = await open_case(rosa, bin_fields)
    response = await rosa.change("POST", case, "messages", text="The gate is open\nRing twice")
    assert response.status_code == 201, response.text
    first = response.json()["messages"][0]
    assert (first["direction"], first["by"], first["text"]) == (
        *("from_you", "you"),
        "The gate is open\nRing twice",
    )
    _, path = await list_staff(office, case)
    notes = (await office.get(f"{path}/notes")).json()["items"]
    assert (notes[-1]["direction"], notes[-1]["author"]) == ("in", {"sub": name})
    history = (await office.get(f"{path}/history")).json()["items"]
    assert (history[-1]["kind"], history[-1]["act"]) == ("message", "from_person")
    for text in ("", "x" * 4001, "a\x00b"):
        assert (await rosa.change("POST", case, "messages", text=text)).status_code == 400


async def test_messages_are_limited(sign_in, bin_fields, name):
    rosa = sign_in(name)
    case = await open_case(rosa, bin_fields)
    for _ in range(20):
        assert (await rosa.change("POST", case, "messages", text="Hello")).status_code == 201
    assert (await rosa.change("POST", case, "messages", text="Hello")).status_code == 429


async def test_a_person_corrects_how_they_are_reached(sign_in, bin_fields, name):
    rosa = sign_in(name)
    case = await open_case(rosa, bin_fields)
    response = await rosa.change("PUT", case, "contact", email="r@example.org", language="cy")
    assert response.json()["contact"] == {"email": "r@example.org", "phone": None, "language": "cy"}
    assert (await rosa.change("PUT", case, "contact", email="x@example.org")).status_code == 412


async def test_a_file_is_sent_and_those_of_staff_are_not_listed(sign_in, office, bin_fields, name):
    rosa = sign_in(name)
    case = await open_case(rosa, bin_fields)
    staff, path = await list_staff(office, case)
    headers = {"Content-Type": "application/pdf", "Content-Disposition": 'attachment; filename="bin.pdf"'}
    url = f"{rosa.base}/{case['reference']}/attachments"
    content = b"%PDF-1.7\n"
    upload = await rosa.client.post(url, content=content, headers=rosa.headers | headers)
    assert upload.status_code == 201, upload.text
    assert upload.headers["Location"] == f"{rosa.base}/{case['reference']}"
    by_staff = await office.client.post(
        f"{office.base}/{path}/attachments", content=content, headers=office.headers | headers
    )
    assert by_staff.status_code == 201, by_staff.text
    assert [(file["name"], file["state"]) for file in (await rosa.read(case))["files"]] == [
        ("bin.pdf", "held")
    ]
    other = await sign_in("other").client.post(
        url, content=content, headers=sign_in("other").headers | headers
    )
    assert other.status_code == 404
    assert staff["id"]


async def test_cases_are_listed_in_pages_the_last_opened_first(sign_in, bin_fields, name):
    rosa = sign_in(name)
    cases = [await open_case(rosa, bin_fields | {"bin": each}) for each in ("food", "rubbish", "garden")]
    page = (await rosa.get(limit=2)).json()
    rest = (await rosa.get(limit=2, after=page["next"])).json()
    references = [item["reference"] for item in (*page["items"], *rest["items"])]
    assert references == [case["reference"] for case in reversed(cases)]


async def test_a_list_takes_as_many_statements_for_many_cases_as_for_one(
    sign_in, bin_fields, name, statements
):
    rosa, costs = sign_in(name), []
    for bins in (["food"], ["rubbish", "garden", "recycling"]):
        for each in bins:
            await open_case(rosa, bin_fields | {"bin": each})
        statements.clear()
        assert (await rosa.get()).status_code == 200
        costs.append(len(statements))
    assert costs[0] == costs[1]


async def test_a_person_reads_in_which_role_their_case_was_opened(
    sign_in, office, open_desk, bin_fields, name
):
    rosa, subject = sign_in(name), f"officer-of-{name}"
    case = await open_case(rosa, bin_fields)
    assert case["opened_by"] == []
    holder = f"{office.base}/role-holders/{subject}"
    await office.client.put(holder, json={"roles": ["waste_officer", "crew"]}, headers=office.headers)
    officer = open_desk(mode="live", sub=subject, client_id="office")
    for reader in (officer, officer, office):
        assert (await reader.get(f"cases/by-reference/{case['reference']}")).status_code == 200
    after = await rosa.read(case)
    hour = "2026-04-02T09:00:00Z"
    openings = sorted((each["hour"], each["role"]) for each in after["opened_by"])
    assert openings == [(hour, "Collection crew, Waste officer"), (hour, "The council")]
    assert subject not in json.dumps(after)


async def test_a_type_that_one_role_alone_may_know_of_is_not_opened_or_read_here(
    sign_in, office, open_desk, name
):
    response = await sign_in(name).open("adult-safeguarding")
    assert (response.status_code, response.json()["code"]) == (403, "restricted-case-type")
    subject = f"worker-of-{name}"
    holder = f"{office.base}/role-holders/{subject}"
    await office.client.put(holder, json={"roles": ["safeguarding_worker"]}, headers=office.headers)
    worker = open_desk(mode="live", sub=subject, client_id="office")
    fields = {"adult": "Rosa", "concern": "Alone", "danger": "no"}
    body = {"case_type": "adult-safeguarding", "fields": fields, "person": name}
    opened = await worker.client.post(f"{worker.base}/cases", json=body, headers=worker.headers)
    assert opened.status_code == 201, opened.text
    assert (await sign_in(name).get(opened.json()["reference"])).status_code == 404
    assert (await sign_in(name).get()).json()["items"] == []


STRANGERS = ["another person", "another council", "the sandbox", "software"]


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_strangers_reach_nothing_of_a_persons_case(sign_in, client, bin_fields, name, stranger):
    case = await open_case(sign_in(name), bin_fields)
    foreign = {
        "another person": sign_in(f"{name}-x"),
        "another council": sign_in(name, "hillshire"),
        "the sandbox": sign_in(name, mode="sandbox"),
        "software": sign_in(name, client_id=name),
    }[stranger]
    expected = 403 if stranger == "software" else 404
    answers = [
        await foreign.get(case["reference"]),
        await foreign.act(case, "send_crew"),
        await foreign.change("POST", case, "messages", text="Hello"),
        await foreign.change("PUT", case, "contact", email="x@example.org"),
    ]
    assert {answer.status_code for answer in answers} == {expected}
    assert name not in str([answer.text for answer in answers])
    if expected == 404:
        assert (await foreign.get()).json()["items"] == []
    wrong_council = sign_in(name, "hillshire")
    wrong_council.base = sign_in(name).base
    assert (await wrong_council.get(case["reference"])).status_code == 403


async def test_the_scope_of_staff_opens_no_own_case_and_that_of_people_no_other(sign_in, office, bin_fields):
    assert (await sign_in(scopes=["casework:read", "casework:act"]).get()).status_code == 403
    response = await sign_in().client.get(f"{office.base}/cases", headers=sign_in().headers)
    assert response.status_code == 403


async def test_a_key_sent_twice_opens_one_case(sign_in, bin_fields, name):
    rosa = sign_in(name)
    rosa.headers["Idempotency-Key"] = ids.show(ids.new())
    answers = [await open_case(rosa, bin_fields) for _ in range(2)]
    assert answers[0]["reference"] == answers[1]["reference"]
