"""The queues of the office, as a browser of a member of staff gets them."""

import re

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


async def test_a_queue_is_filtered_counted_and_holds_nothing_of_a_person(desk, permits, open_office, now):
    mine = await assign(desk, (await desk.open()).json(), assignee="zoe", team="waste")
    free = (await desk.open({"bin": "garden"})).json()
    permit = (await desk.apply("Nobody Knows")).json()
    await (await open_office("zoe")).get(OFFICE)

    async def listed(**query):
        zoe = await open_office("zoe")  # a session ends while nobody uses it
        page = await zoe.get(f"{OFFICE}/cases", limit=100, **query)
        assert page.status_code == 200, page.text
        assert "Nobody Knows" not in page.text
        return {case["reference"] for case in (mine, free, permit) if case["reference"] in page.text}

    references = [case["reference"] for case in (mine, free, permit)]
    assert await listed() == set(references)
    assert await listed(view="mine") == {references[0]}
    assert await listed(view="unassigned") == set(references[1:])
    assert await listed(type="permit", state="applied") == {references[2]}
    assert await listed(team="waste", assignee="zoe", type="", state="") == {references[0]}
    assert await listed(view="overdue") == set()
    assert await listed(view="refund") == set()
    now("2026-04-22T09:00:00Z")
    assert await listed(view="overdue") == set(references)
    page = await (await open_office("zoe")).get(f"{OFFICE}/cases", view="overdue")
    assert "14 days overdue" in page.text
    assert "Zoe Officer" in page.text


async def test_a_case_is_reached_by_its_reference_as_people_type_it(desk, ann):
    case = (await desk.open()).json()
    await ann.get(f"{OFFICE}/cases")
    page = await ann.post(f"{OFFICE}/cases/search", q=case["reference"].replace("-", " ").lower())
    assert page.url.path == f"{OFFICE}/cases/{case['id']}"


async def test_cases_are_found_by_words_that_their_reader_may_read(desk, permits, ann, open_office):
    for n in range(3):
        await desk.apply(f"Zebedee Quux {n}")
    await ann.get(f"{OFFICE}/cases")
    page = await ann.post(f"{OFFICE}/cases/search?limit=2", q="zebedee quux")
    assert page.text.count('class="govuk-link office-reference"') == 2
    link = re.search(r'action="(\?after=[^"]+)"', page.text)[1]
    rest = await ann.post(f"{OFFICE}/cases/search{link}", q="zebedee quux")
    assert rest.text.count('class="govuk-link office-reference"') == 1
    assert "No case that you may read" in (await ann.post(f"{OFFICE}/cases/search", q="zorro quux")).text
    wrong = await ann.post(f"{OFFICE}/cases/search", q="?!")
    assert wrong.status_code == 400
    live = await open_office("ann", mode="live")
    await live.get(f"{OFFICE}/cases")
    assert "No case that you may read" in (await live.post(f"{OFFICE}/cases/search", q="zebedee")).text


async def test_the_next_page_of_a_queue_keeps_its_filters(desk, open_office):
    for kind in ("food", "garden", "recycling"):
        await assign(desk, (await desk.open({"bin": kind})).json(), team="paged")
    browser = await open_office("ann")
    page = await browser.get(f"{OFFICE}/cases", team="paged", limit=2)
    link = re.search(r'href="(\?[^"]+)" rel="next"', page.text)[1].replace("&amp;", "&")
    assert "team=paged" in link
    rest = await browser.get(f"{OFFICE}/cases{link}")
    assert rest.text.count('class="govuk-link office-reference"') == 1
