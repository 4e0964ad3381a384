"""The page of a case, and what is done to it from there."""

import asyncio
import re

import pytest

from services.casework.tests.office.conftest import page_of


def text_of(page):
    """Return the words of a page, without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


async def test_a_case_shows_what_it_is_how_long_is_left_and_what_can_be_done(desk, ann):
    case = (await desk.open(contact={"email": "rosa@example.org"})).json()
    page = await ann.get(page_of(case))
    text = text_of(page)
    for words in ("Missed bin collection", case["reference"], "Reported", "Which bin was missed? Food",
                  "Wednesday 1 April 2026", "rosa@example.org", "Come back for it", "days left",
                  "A promise of the council: Local waste collection policy", "Opened: Report a missed bin",
                  "Send a crew", "No files", "Nobody yet"):  # fmt: skip
        assert words in text, words
    assert page_of(case, "actions", "send_crew") in page.text
    assert "2 working days" in text  # why it is due then


async def test_an_action_is_done_from_its_form_and_the_page_says_so(desk, ann):
    case = (await desk.open()).json()
    path = page_of(case, "actions", "send_crew")
    await ann.get(path)
    page = await ann.post(path, version=case["version"])
    assert page.url.path == page_of(case)
    text = text_of(page)
    assert "Send a crew: this is done" in text
    assert "Crew sent" in text
    assert "State: Reported, now Crew sent" in text
    assert "Send a crew , Ann Officer" in text
    # The crew's action is not hers: it says whose it is.
    assert "Record that it was collected This is for: Collection crew." in text


async def test_what_an_action_asks_for_is_asked_and_errors_lead_to_the_answer(desk, permits, ann):
    case = (await desk.apply()).json()
    path = page_of(case, "actions", "merge")
    form = await ann.get(path)
    assert 'name="field-same_case"' in form.text
    answer = {"field-same_case": "HF7K-2P9Q-XBC"}
    page = await ann.post(path, version=case["version"], **answer)
    assert page.status_code == 400
    assert "There is no such other case" in page.text
    assert "HF7K-2P9Q-XBC" in page.text
    other = (await desk.apply("Another")).json()
    await ann.get(path)
    page = await ann.post(path, version=case["version"], **{"field-same_case": other["reference"]})
    assert "Closed" in text_of(page)
    assert f"Ended in: {other['reference']}" in text_of(page)
    assert f"Merged: {case['reference']}" in text_of(await ann.get(page_of(other)))


async def test_the_second_of_two_tabs_is_told_what_changed_and_loses_nothing(desk, permits, ann, open_office):
    case = (await desk.apply()).json()
    path = page_of(case, "actions", "follow")
    await ann.get(path)
    other = await open_office("bob")
    await other.get(page_of(case))
    await other.post(page_of(case, "take"), version=case["version"])
    page = await ann.post(path, version=case["version"], **{"field-old_case": "typed by hand"})
    assert page.status_code == 409
    text = text_of(page)
    assert "Somebody changed this case after you opened the page" in text
    assert "Given to somebody , Bob Officer" in text
    assert 'value="typed by hand"' in page.text
    old = (await desk.apply("Earlier")).json()
    version = re.search(r'name="version" value="(\d+)"', page.text)[1]
    done = await ann.post(path, version=version, **{"field-old_case": old["reference"]})
    assert done.url.path == page_of(case)


async def test_what_happened_on_monday_is_entered_on_thursday_and_corrected(desk, ann):
    case = (await desk.open()).json()
    path = page_of(case, "actions", "report", "time")
    assert "Report a missed bin" in text_of(await ann.get(page_of(case)))
    await ann.get(path)
    ahead = {"effective-day": "9", "effective-month": "4", "effective-year": "2026"}
    page = await ann.post(path, version=case["version"], **ahead)
    assert page.status_code == 400
    assert "This lies in the future" in page.text
    page = await ann.post(path, version=case["version"], **{**ahead, "effective-day": "1"})
    text = text_of(page)
    assert "Time corrected: Report a missed bin" in text
    assert "as of 12:00pm on Wednesday 1 April 2026" in text
    assert "Come back for it, due:" in text


async def test_a_task_is_finished_with_its_outcome(desk, permits, ann):
    case = (await desk.apply()).json()
    path = page_of(case, "tasks", "medical")
    await ann.get(path)
    page = await ann.post(path, version=case["version"])
    assert "Choose how it came out" in page.text
    page = await ann.post(path, version=case["version"], outcome="unfit")
    assert "Task done: Medical" in text_of(page)
    assert "Doctor: Unfit" in text_of(page)


async def test_what_cannot_be_done_says_why(desk, permits, ann):
    case = (await desk.apply()).json()
    text = text_of(await ann.get(page_of(case)))
    assert "Fee Pay all of it first." in text
    await ann.get(page_of(case, "actions", "receive_fee"))
    page = await ann.post(page_of(case, "actions", "receive_fee"), version=case["version"])
    assert page.status_code == 400
    assert "Pay all of it first." in page.text


async def write(browser, path, *, submission="", **fields):
    """Fill in the form of a note or letter and send it; with a submission, that of a form sent before."""
    form = await browser.get(path)
    fresh = re.search(r'name="submission" value="(\w+)"', form.text)[1]
    return await browser.post(path, submission=submission or fresh, **fields)


async def test_notes_and_letters_stay_with_the_case(desk, ann, database):
    case = (await desk.open(contact={"email": "rosa@example.org"})).json()
    empty = await write(ann, page_of(case, "note"), kind="note", text="")
    assert empty.status_code == 400
    page = await write(ann, page_of(case, "note"), kind="in", text="She rang: <b>the lid</b> is broken.")
    assert "&lt;b&gt;the lid" in page.text
    assert "Came in, Ann Officer" in text_of(page)
    page = await write(ann, page_of(case, "letter"), subject="Your bin", text="")
    assert page.status_code == 400
    page = await write(ann, page_of(case, "letter"), subject="Your bin", text="We come on Friday.")
    assert "Went out, Ann Officer" in text_of(page)
    nobody = (await desk.open({"bin": "garden"})).json()
    page = await write(ann, page_of(nobody, "letter"), subject="Your bin", text="We come on Friday.")
    assert page.status_code == 400
    assert "not known how to reach the person" in page.text


async def test_a_note_or_letter_that_is_sent_twice_is_kept_once(desk, ann):
    case = (await desk.open(contact={"email": "rosa@example.org"})).json()
    first = {"submission": "01jqz3t8qk5v7m9x2c4b6n8p0s", "kind": "note", "text": "The lid is broken."}
    await ann.get(page_of(case, "note"))
    await asyncio.gather(*(ann.post(page_of(case, "note"), **first) for _ in range(2)))  # a double click
    page = await ann.post(page_of(case, "note"), **first)
    assert page.url.path == page_of(case)
    assert page.text.count("The lid is broken.") == 1
    # Other words after a step back are another note.
    page = await ann.post(page_of(case, "note"), **{**first, "text": "The wheel too."})
    assert "The wheel too." in page.text
    letter = {"submission": first["submission"], "subject": "Your bin", "text": "We come on Friday."}
    for _ in range(2):
        page = await ann.post(page_of(case, "letter"), **letter)
    assert page.text.count("We come on Friday.") == 1
    for path, fields in (("note", first), ("letter", letter)):
        wrong = await ann.post(page_of(case, path), **{**fields, "submission": "none"})
        assert wrong.status_code == 400
        assert "Load the page again" in wrong.text


async def test_where_a_case_is_and_what_is_likely_the_same_are_on_its_page(desk, ann, open_office):
    place = {"lat": 51.38130, "long": -2.35900, "usrn": 44_000_077}
    case = (await desk.open(location=place)).json()
    same = (await desk.open({"bin": "garden"}, contact={"email": "rosa@example.org"})).json()
    text = text_of(await ann.get(page_of(case)))
    assert "51.38130, -2.35900" in text
    assert "44000077" in text
    page = await ann.get(page_of(case))
    likely = page.text.partition('id="duplicates"')[2].partition("</ul>")[0]
    assert page_of(same) in likely
    assert page_of(case) not in likely
    assert "At the same property." in likely
    assert "rosa" not in likely


async def test_a_case_is_handed_over_and_names_are_those_of_the_directory(desk, ann, open_office):
    await (await open_office("bob")).get(f"{page_of({'id': ''}).removesuffix('/cases/')}")
    case = (await desk.open()).json()
    form = await ann.get(page_of(case, "assignment"))
    assert "Bob Officer" in form.text
    wrong = await ann.post(
        page_of(case, "assignment"), version=case["version"], assignee="bob", team="No Team!"
    )
    assert wrong.status_code == 400
    page = await ann.post(page_of(case, "assignment"), version=case["version"], assignee="bob", team="waste")
    assert "Bob Officer, Waste" in text_of(page)
    assert "Assignee: Bob Officer" in text_of(page)


async def test_a_case_is_given_to_one_of_the_councils_teams(desk, ann):
    path = f"{desk.base}/teams/waste-north"
    team = {"name": "Waste, north", "members": [], "areas": []}
    headers = {**desk.headers, "If-None-Match": "*"}
    response = await desk.client.put(path, json=team, headers=headers)
    assert response.status_code in {200, 201}, response.text
    case = (await desk.open()).json()
    form = await ann.get(page_of(case, "assignment"))
    assert '<option value="waste-north">Waste, north</option>' in form.text
    page = await ann.post(
        page_of(case, "assignment"), version=case["version"], assignee="", team="waste-north"
    )
    assert "Waste north" in text_of(page)
    assert (await desk.client.delete(path, headers=desk.headers)).status_code == 204
    # The council has no team now, and the case keeps the code until somebody writes another.
    assert 'value="waste-north"' in (await ann.get(page_of(case, "assignment"))).text


async def test_the_first_opening_in_an_hour_is_told_as_an_event(desk, ann, events_of):
    case = (await desk.open(person="rosa")).json()
    for _ in range(2):
        await ann.get(page_of(case))
    await ann.get(page_of(case, "history"))
    accesses = [
        event for event in await events_of(case, "casework.access") if event["data"]["actor"] == "ann"
    ]
    assert [event["data"]["person"] for event in accesses] == ["rosa"]


async def test_a_restricted_case_is_not_there_for_others(desk, permits, ann, open_office, give_roles):
    case = (await desk.apply()).json()
    await ann.get(page_of(case, "actions", "worry"))
    page = await ann.post(page_of(case, "actions", "worry"), version=case["version"])
    assert page.status_code == 200
    assert "Opened from here" not in page.text
    await give_roles("gia", "guardian")
    gia = await open_office("gia")
    page = await gia.get(page_of(case))
    child = re.search(r"Opened from here: <a[^>]+cases/(\w+)", page.text)[1]
    assert (await gia.get(page_of({"id": child}))).status_code == 200
    assert (await ann.get(page_of({"id": child}))).status_code == 404


@pytest.mark.parametrize("path", ["", "history", "actions/send_crew", "assignment", "note"])
async def test_another_council_and_mode_see_nothing_of_a_case(desk, open_office, give_roles, path):
    case = (await desk.open()).json()
    await give_roles("ann", "waste_officer")
    live = await open_office("ann", mode="live")
    url = page_of(case, path) if path else page_of(case)
    assert (await live.get(url)).status_code == 404
    foreign = await open_office("ann", council="hillshire")
    assert (await foreign.get(url.replace("citytown", "hillshire"))).status_code == 404


async def test_who_may_only_read_changes_nothing(desk, open_office, give_roles):
    case = (await desk.open()).json()
    await give_roles("rae", "waste_officer")
    reader = await open_office("rae", scopes=["casework:read"])
    page = await reader.get(page_of(case))
    assert "You can read cases and not change them" in page.text
    assert (await reader.get(page_of(case, "actions", "send_crew"))).status_code == 403
    assert (await reader.post(page_of(case, "take"), version=case["version"])).status_code == 403


async def test_who_has_no_role_in_a_type_sees_no_notes_and_files_of_its_cases(desk, open_office):
    case = (await desk.open()).json()
    page = await (await open_office("nora")).get(page_of(case))
    assert "You have no role in cases of this type" in page.text
    assert "Write a note" not in page.text


async def test_a_long_history_is_read_page_by_page(desk, permits, ann):
    case = (await desk.apply()).json()
    for n in range(24):
        response = await desk.change("PATCH", f"cases/{case['id']}", case, team=f"t{n}")
        case = response.json()
    page = await ann.get(page_of(case))
    before = re.search(r"history\?before=(\d+)", page.text)[1]
    older = await ann.get(page_of(case, "history"), before=before)
    assert "Opened: Apply" in older.text
    assert "Opened: Apply" not in page.text
