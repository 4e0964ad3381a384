"""People agree themselves, on our own pages, that somebody acts for them, and end it there."""

import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from sqlalchemy import event, text

from chassis import ids
from chassis.testing import published
from identity.mandates.actions import mandates, themes
from identity.proofs.actions import proofs
from services.identity.tests import mandate_steps
from services.identity.tests.provider import address_of, create_person, make_browser, sign_in

PAGE = "/identity/account/mandates"
TWO = ("email", "totp")
SAME_ORIGIN = {"Origin": "http://test.invalid", "Sec-Fetch-Site": "same-origin"}


class Person:
    """Somebody with an account and a browser, signed in."""

    def __init__(self, browser, account, address):
        self.browser, self.account, self.address = browser, account, address

    async def read(self, path, status=200):
        page = await self.browser.get(path)
        assert page.status_code == status, page.text
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text)).replace("&#39;", "'")

    async def post(self, path, **fields):
        """Send a form with the token of a page of ours."""
        page = await self.browser.get(f"{PAGE}/code")
        csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)[1]
        return await self.browser.post(path, data={"csrf": csrf, **fields}, headers=SAME_ORIGIN)


@pytest.fixture
async def make_person(app, client, database):
    """``await make_person("email", ago=0)``: somebody new, signed in by these methods."""

    async def make(*methods, ago=0):
        account = await create_person(database)
        browser = make_browser(app)
        await sign_in(database, browser, account, methods or ("email",), ago=ago)
        return Person(browser, account, await address_of(database, account))

    return make


@pytest.fixture
async def rosa(make_person):
    return await make_person()


@pytest.fixture
async def ben(make_person):
    return await make_person()


async def status_of(database, mandate_id):
    async with database.reading("citytown") as session:
        row = await session.first(
            text("SELECT status, confirmed_at, version FROM mandate WHERE id = :id"), {"id": mandate_id}
        )
    return row.status, row.confirmed_at is not None, row.version


async def may_act(database, ben, rosa, theme="waste"):
    async with database.reading("citytown") as session:
        return await mandates.find_mandate(session, "citytown", "live", ben.account, rosa.account, theme)


def path_of(row, action=""):
    return f"{PAGE}/{ids.show(row.id)}{action}"


async def prove(database, account, level="P2"):
    """Prove somebody's identity, as a provider does."""
    person = proofs.ProvenPerson(["Rosa"], "Example", date(1980, 2, 29), [])
    async with database.writing() as session:
        await proofs.add_upstream_proof(session, account, level, [], person, "https://one.invalid/")


async def test_two_people_agree_each_on_a_page_and_one_ends_it(database, rosa, ben):
    row, _ = await mandate_steps.offer(database, rosa.account, email=ben.address)
    page = await rosa.read(path_of(row))
    for sentence in (
        "Let Ben Example act for you?", "Bins and recycling", "See your collections, report missed ones",
        "Citytown Council", "They can do nothing else for you", "You can end it at any time",
        "Let them act for me", "Do not", f"can accept: {ben.address}",
    ):  # fmt: skip
        assert sentence in page
    assert await ben.read(path_of(row), 404)
    confirmed = await rosa.post(path_of(row, "/confirm"), answer="yes")
    assert (confirmed.status_code, confirmed.headers["location"]) == (303, path_of(row))
    assert "We sent them an email." in await rosa.read(path_of(row))
    page = await ben.read(path_of(row))
    for sentence in ("Act for Rosa Example?", "What you do is recorded as done by you", "Act for them"):
        assert sentence in page
    assert not await may_act(database, ben, rosa)
    accepted = await ben.post(path_of(row, "/accept"), answer="yes")
    assert accepted.status_code == 303
    assert await may_act(database, ben, rosa)
    assert "You can act for Rosa Example" in await ben.read(path_of(row))
    assert "Ben Example can act for you" in await rosa.read(path_of(row))
    assert "Stop Ben Example from acting for you?" in await rosa.read(path_of(row, "/end"))
    assert (await rosa.post(path_of(row, "/end"))).status_code == 303
    assert not await may_act(database, ben, rosa)
    assert "This has ended" in await ben.read(path_of(row))


async def test_the_pages_are_in_welsh_too(database, rosa, ben):
    row, _ = await mandate_steps.offer(database, rosa.account, email=ben.address)
    page = await rosa.read(f"{path_of(row)}?lang=cy")
    for sentence in ("Gadael i Ben Example weithredu ar eich rhan?", "Biniau ac ailgylchu", "Peidio",
                     "Gadael iddynt weithredu ar fy rhan", "Gweld eich casgliadau"):  # fmt: skip
        assert sentence in page
    await mandate_steps.confirm(database, rosa.account, row.id)
    assert "Gweithredu ar ran Rosa Example?" in await ben.read(f"{path_of(row)}?lang=cy")
    assert "Yn aros am eich ateb" in await ben.read(f"{PAGE}?lang=cy")


async def test_a_name_is_text_however_long_and_whatever_it_says(database, rosa, ben):
    row, _ = await mandate_steps.offer(database, rosa.account, email=ben.address)
    async with database.writing("citytown") as session:
        name = text("UPDATE mandate_offer SET delegate_name = :name WHERE mandate = :id")
        await session.execute(name, {"name": f"<b>{'x' * 190}</b>", "id": row.id})
    for path in (path_of(row), path_of(row, "/end"), PAGE):
        page = (await rosa.browser.get(path)).text
        assert f"&lt;b&gt;{'x' * 190}&lt;/b&gt;" in page
        assert "<b>x" not in page


async def test_reading_a_page_changes_nothing(database, rosa, ben):
    """A scanner of e-mails opens every link, even with the person's cookies."""
    row, _ = await mandate_steps.offer(database, rosa.account, email=ben.address)
    for _ in range(2):
        await rosa.read(path_of(row))
        await rosa.read(path_of(row, "/end"))
        for action in ("/confirm", "/accept"):
            assert (await rosa.browser.get(path_of(row, action))).status_code == 405
    assert await status_of(database, row.id) == ("offered", False, 1)
    await mandate_steps.confirm(database, rosa.account, row.id)
    await ben.read(f"{path_of(row)}?answer=yes")
    assert await status_of(database, row.id) == ("offered", True, 2)


async def test_a_double_submit_confirms_and_accepts_once(database, rosa, ben):
    row, _ = await mandate_steps.offer(database, rosa.account, email=ben.address)
    for _ in range(2):
        assert (await rosa.post(path_of(row, "/confirm"), answer="yes")).status_code == 303
    for _ in range(2):
        assert (await ben.post(path_of(row, "/accept"), answer="yes")).status_code == 303
    assert await status_of(database, row.id) == ("accepted", True, 3)
    events = [envelope.type for envelope in await published(database) if envelope.subject == ids.show(row.id)]
    assert events == ["identity.mandate.accepted.v1"]
    late = await rosa.post(path_of(row, "/confirm"), answer="no")  # the other button of a page left open
    assert late.status_code == 303
    assert await may_act(database, ben, rosa)


@pytest.mark.parametrize("action", ["/confirm", "/accept", "/end"])
async def test_a_form_of_another_site_agrees_to_nothing(database, rosa, ben, action):
    row, _ = await mandate_steps.offer(database, rosa.account, email=ben.address)
    person = rosa
    if action == "/accept":
        await mandate_steps.confirm(database, rosa.account, row.id)
        person = ben
    before = await status_of(database, row.id)
    forms = (
        {"data": {"answer": "yes"}, "headers": SAME_ORIGIN},
        {"data": {"answer": "yes", "csrf": "x" * 43}, "headers": SAME_ORIGIN},
        {"data": {"answer": "yes"}, "headers": {"Origin": "https://evil.example"}},
    )
    for form in forms:
        assert (await person.browser.post(path_of(row, action), **form)).status_code == 403
    assert await status_of(database, row.id) == before


async def test_another_accounts_link_is_no_page(database, make_person, rosa, ben):
    row, _ = await mandate_steps.offer(database, rosa.account, email=ben.address)
    stranger = await make_person()
    for person in (stranger, ben):  # nor the delegate's, before the principal has confirmed
        for path in (path_of(row), path_of(row, "/end")):
            await person.read(path, 404)
        for action in ("/confirm", "/accept", "/end"):
            assert (await person.post(path_of(row, action), answer="yes")).status_code == 404
    await mandate_steps.confirm(database, rosa.account, row.id)
    for action in ("/accept", "/end"):
        assert (await stranger.post(path_of(row, action), answer="yes")).status_code == 404
    assert (await ben.post(path_of(row, "/confirm"), answer="no")).status_code == 404
    assert (await rosa.post(path_of(row, "/accept"), answer="yes")).status_code == 404
    assert await status_of(database, row.id) == ("offered", True, 2)


async def test_an_offer_ends_after_a_day_unless_it_is_confirmed(database, rosa, ben):
    row, _ = await mandate_steps.offer(database, rosa.account, email=ben.address)
    assert row.offer_ends_at - row.offered_at == timedelta(hours=24)
    async with database.writing("citytown") as session:
        past = text("UPDATE mandate SET offer_ends_at = now() - interval '1 second' WHERE id = :id")
        await session.execute(past, {"id": row.id})
    assert "This has ended" in await rosa.read(path_of(row))
    late = await rosa.post(path_of(row, "/confirm"), answer="yes")
    assert (late.status_code, "This can no longer be agreed to" in late.text) == (409, True)
    assert await status_of(database, row.id) == ("offered", False, 1)


async def test_who_says_no_ends_the_offer_and_nobody_is_told(database, rosa, ben):
    row, _ = await mandate_steps.offer(database, rosa.account, email=ben.address)
    assert (await rosa.post(path_of(row, "/confirm"), answer="no")).headers["location"] == PAGE
    assert (await status_of(database, row.id))[0] == "revoked"
    assert "You did not let somebody act for you" in await rosa.read("/identity/account/history")
    assert "act for nobody" in await ben.read(PAGE)
    second, _ = await mandate_steps.offer(database, rosa.account, email=ben.address)
    await mandate_steps.confirm(database, rosa.account, second.id)
    assert (await ben.post(path_of(second, "/accept"), answer="no")).headers["location"] == PAGE
    assert (await status_of(database, second.id))[0] == "declined"
    assert "Somebody declined to act for you" in await rosa.read("/identity/account/history")


@pytest.mark.parametrize("answer", ["", "maybe", "YES"])
async def test_any_other_answer_is_a_no(database, rosa, ben, answer):
    row, _ = await mandate_steps.offer(database, rosa.account, email=ben.address)
    await rosa.post(path_of(row, "/confirm"), answer=answer)
    assert (await status_of(database, row.id))[0] == "revoked"


async def test_a_code_is_entered_on_the_page_once_and_by_one_person(database, make_person, rosa, ben):
    row, code = await mandate_steps.offer(database, rosa.account)
    assert "Whoever you give it to can accept." in await rosa.read(path_of(row))
    early = await ben.post(f"{PAGE}/code", code=code)
    assert (early.status_code, "No offer is open for this code" in early.text) == (400, True)
    await mandate_steps.confirm(database, rosa.account, row.id)
    assert "Give them the code" in await rosa.read(path_of(row))
    by_principal = await rosa.post(f"{PAGE}/code", code=code)
    assert (by_principal.status_code, "This is a code of your own" in by_principal.text) == (400, True)
    entered = await ben.post(f"{PAGE}/code", code=f" {code.upper()} ")
    assert (entered.status_code, entered.headers["location"]) == (303, path_of(row))
    stranger = await make_person()
    assert (await stranger.post(f"{PAGE}/code", code=code)).status_code == 400
    await stranger.read(path_of(row), 404)
    assert "Act for Rosa Example?" in await ben.read(path_of(row))
    assert not await may_act(database, ben, rosa)
    await ben.post(path_of(row, "/accept"), answer="yes")
    assert await may_act(database, ben, rosa)
    for wrong in ("", "x" * 61, "0000-0000-0000-0000"):
        answer = await ben.post(f"{PAGE}/code", code=wrong)
        assert answer.status_code == 400
        assert wrong not in answer.text or not wrong


async def test_codes_are_not_tried_for_ever(make_person, set_limit):
    quota = 3
    set_limit("mandate_codes_for_account", quota, 3_600)
    person = await make_person()
    tries = [
        (await person.post(f"{PAGE}/code", code="0000-0000-0000-0000")).status_code for _ in range(quota + 1)
    ]
    assert tries[:-1] == [400] * quota
    assert tries[-1] == 429


async def test_an_old_sign_in_agrees_to_nothing_and_comes_back_to_the_page(database, make_person, ben):
    rosa = await make_person(ago=3_600)
    row, _ = await mandate_steps.offer(database, rosa.account, email=ben.address)
    page = f"mandates/{ids.show(row.id)}"
    for answer in (
        await rosa.browser.get(path_of(row)),
        await rosa.post(path_of(row, "/confirm"), answer="yes"),
    ):
        location = urlsplit(answer.headers["location"])
        assert (answer.status_code, location.path) == (303, "/identity/sign-in")
        assert parse_qs(location.query) == {"then": [page]}
    assert (await status_of(database, row.id))[1] is False
    assert (await rosa.browser.get(f"/identity/sign-in?then={page}")).status_code == 200
    for other in ("mandates/../email", "mandates/code/x", "https://evil.example", f"{page}/end", "moon"):
        assert (await rosa.browser.get("/identity/sign-in", params={"then": other})).status_code == 400


async def test_a_councils_upstream_confirms_and_accepts_nothing(database, make_person, ben):
    rosa = await make_person("upstream-two-factors")
    row, _ = await mandate_steps.offer(database, rosa.account, email=ben.address)
    for answer in (
        await rosa.browser.get(path_of(row)),
        await rosa.browser.post(path_of(row, "/confirm"), data={"answer": "yes"}, headers=SAME_ORIGIN),
    ):
        assert answer.status_code in {303, 403}
    await mandate_steps.confirm(database, rosa.account, row.id)
    upstream_ben = await make_person("upstream-two-factors")
    other, _ = await mandate_steps.offer(database, ben.account, email=upstream_ben.address)
    await mandate_steps.confirm(database, ben.account, other.id)
    answer = await upstream_ben.browser.get(path_of(other))
    assert (answer.status_code, urlsplit(answer.headers["location"]).path) == (303, "/identity/sign-in")
    assert (await status_of(database, other.id))[0] == "offered"


async def test_a_theme_that_needs_two_factors_leads_to_them_and_back(database, make_person, rosa, ben):
    row, _ = await mandate_steps.offer(database, rosa.account, email=ben.address, theme="licensing")
    step = f"/identity/account/second-step?then=mandates/{ids.show(row.id)}"
    page = (await rosa.browser.get(path_of(row))).text
    assert step in page
    assert "Let them act for me" not in page
    answer = await rosa.post(path_of(row, "/confirm"), answer="yes")
    assert answer.status_code == 303
    assert urlsplit(answer.headers["location"]).path == "/identity/account/second-step"
    assert (await status_of(database, row.id))[1] is False
    choice = (await rosa.browser.get(step)).text
    assert f"/identity/account/authenticator?then=mandates%2F{ids.show(row.id)}" in choice
    await sign_in(database, rosa.browser, rosa.account, TWO)
    back = await rosa.browser.get(step)
    assert (back.status_code, back.headers["location"]) == (303, path_of(row))
    assert (await rosa.post(path_of(row, "/confirm"), answer="yes")).status_code == 303
    assert (await status_of(database, row.id))[1] is True
    assert step in (await ben.browser.get(path_of(row))).text
    assert (await ben.post(path_of(row, "/accept"), answer="no")).status_code == 303  # no needs no level


async def test_who_sets_up_a_second_step_for_it_comes_back_to_the_offer(database, rosa, ben):
    row, _ = await mandate_steps.offer(database, rosa.account, email=ben.address, theme="licensing")
    page = await rosa.browser.get(f"/identity/account/authenticator?then=mandates/{ids.show(row.id)}")
    secret = re.search(r'townhall-key">([A-Z2-7 ]+)<', page.text)[1].replace(" ", "")
    code = pyotp.TOTP(secret).now()
    done = await rosa.post(f"/identity/account/authenticator?then=mandates/{ids.show(row.id)}", code=code)
    assert f'href="{path_of(row)}"' in done.text
    assert "Let them act for me" in await rosa.read(path_of(row))


@pytest.mark.parametrize(("theme", "level", "lower"), [("council-tax", "P1", None), ("benefits", "P2", "P1")])
async def test_a_theme_that_needs_a_proven_identity_needs_it_of_both(
    database, make_person, theme, level, lower
):
    rosa, ben = await make_person(*TWO), await make_person(*TWO)
    row, _ = await mandate_steps.offer(database, rosa.account, email=ben.address, theme=theme)
    if lower:
        await prove(database, rosa.account, lower)
    page = await rosa.read(path_of(row))
    assert "you must prove who you are first" in page
    assert ("Two members of staff" in page) == (level == "P2")
    refused = await rosa.post(path_of(row, "/confirm"), answer="yes")
    assert (refused.status_code, await status_of(database, row.id)) == (403, ("offered", False, 1))
    await prove(database, rosa.account, level)
    assert (await rosa.post(path_of(row, "/confirm"), answer="yes")).status_code == 303
    refused = await ben.post(path_of(row, "/accept"), answer="yes")
    assert refused.status_code == 403
    assert not await may_act(database, ben, rosa, theme)
    await prove(database, ben.account, level)
    assert (await ben.post(path_of(row, "/accept"), answer="yes")).status_code == 303
    assert (await may_act(database, ben, rosa, theme)).minimum_level == f"{level}.Cl.Cm"


async def test_a_level_that_a_council_raises_is_needed_of_who_has_not_agreed_yet(
    app, mint, database, make_person, rosa
):
    officer = await app.state.verifier.check(mint(scopes=["identity:themes"], sub="officer"))
    ben = await make_person()
    row, _ = await mandate_steps.offer(database, rosa.account, email=ben.address, theme="parking")
    await mandate_steps.confirm(database, rosa.account, row.id)
    async with database.writing("citytown") as session:
        await themes.raise_level(session, "citytown", officer, "parking", "P1.Cl.Cm")
    answer = await ben.post(path_of(row, "/accept"), answer="yes")
    assert urlsplit(answer.headers["location"]).path == "/identity/account/second-step"
    await sign_in(database, ben.browser, ben.account, TWO)
    assert (await ben.post(path_of(row, "/accept"), answer="yes")).status_code == 403
    elsewhere, _ = await mandate_steps.offer(
        database, rosa.account, email=ben.address, theme="parking", council="hillshire"
    )
    assert "Let them act for me" in await rosa.read(path_of(elsewhere))


async def test_a_councils_own_theme_is_read_in_its_own_words_and_by_no_other_council(
    client, mint, database, rosa, ben
):
    headers = {"X-Api-Key": mint(scopes=["identity:themes", "identity:read"], sub="officer")}
    body = {"title": "Beach huts", "title_cy": "Cytiau traeth", "description": "Book & give up your hut.",
            "description_cy": "Archebu eich cwt.", "minimum_level": "Cl.Cm"}  # fmt: skip
    url = "/citytown/identity/v1/themes/beach-huts"
    assert (await client.put(url, json=body, headers=headers)).status_code == 201
    row, _ = await mandate_steps.offer(database, rosa.account, email=ben.address, theme="beach-huts")
    page = await rosa.read(path_of(row))
    assert "Beach huts Book &amp; give up your hut." in page
    assert "Let them act for me" not in page
    assert "Cytiau traeth Archebu eich cwt." in await rosa.read(f"{path_of(row)}?lang=cy")


async def test_the_list_shows_what_waits_what_runs_and_what_has_ended_at_every_council(database, rosa, ben):
    await mandate_steps.give(database, rosa.account, ben.account, ben.address)
    await mandate_steps.give(database, ben.account, rosa.account, rosa.address, council="hillshire")
    await mandate_steps.offer(database, rosa.account, email=ben.address, theme="parking")
    ended = await mandate_steps.give(database, rosa.account, ben.account, ben.address, theme="planning")
    await rosa.post(path_of(ended, "/end"))
    page = await rosa.read(PAGE)
    parts = [page.index(title) for title in (
        "Waiting for your answer", "Parking and permits", "People who can act for you, or whom you asked",
        "Bins and recycling", "People you act for", "Hillshire", "Planning and building control",
    )]  # fmt: skip
    assert parts == sorted(parts)
    assert "Ended" in page
    page = await ben.read(PAGE)
    assert "Waiting for your answer" not in page
    assert "Parking" not in page
    assert "People who can act for you, and people you act for" in await ben.read("/identity/account")


async def test_the_list_is_paged_newest_first(database, rosa):
    for theme in ("waste", "parking", "planning"):
        await mandate_steps.offer(database, rosa.account, theme=theme)
    first = (await rosa.browser.get(f"{PAGE}?limit=2")).text
    older = re.search(rf'href="({PAGE}\?after=[^"]+)"', first)[1]
    assert "Planning" in first
    assert "Bins" not in first
    last = await rosa.read(older)
    assert "Bins" in last
    assert "Planning" not in last


async def test_the_list_runs_the_same_statements_whatever_its_length(app, database, rosa):
    async def count_statements():
        engine, statements = app.state.database.writer.sync_engine, []

        def note(_connection, _cursor, statement, *_more):
            if " mandate" in statement or " theme" in statement:
                statements.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        await rosa.read(PAGE)
        event.remove(engine, "before_cursor_execute", note)
        return len(statements)

    await mandate_steps.offer(database, rosa.account, theme="waste")
    few = await count_statements()
    for theme in ("parking", "planning", "licensing", "housing"):
        await mandate_steps.offer(database, rosa.account, theme=theme)
    assert await count_statements() == few > 0


async def test_what_was_offered_in_the_sandbox_says_so(database, rosa, ben):
    row, _ = await mandate_steps.offer(database, rosa.account, email=ben.address, mode="sandbox")
    assert "It counts at services in test only" in await rosa.read(path_of(row))
    assert "service in test" in await rosa.read(PAGE)


async def test_the_same_can_be_given_again_after_its_end_by_time(database, rosa, ben):
    row = await mandate_steps.give(database, rosa.account, ben.account, ben.address)
    async with database.writing("citytown") as session:
        past = text("UPDATE mandate SET expires_at = :at WHERE id = :id")
        await session.execute(past, {"id": row.id, "at": datetime.now(UTC) - timedelta(seconds=1)})
    again, _ = await mandate_steps.offer(database, rosa.account, email=ben.address)
    await mandate_steps.confirm(database, rosa.account, again.id)
    assert (await ben.post(path_of(again, "/accept"), answer="yes")).status_code == 303
    assert (await may_act(database, ben, rosa)).id == again.id
    twice, _ = await mandate_steps.offer(database, rosa.account, email=ben.address)
    await mandate_steps.confirm(database, rosa.account, twice.id)
    refused = await ben.post(path_of(twice, "/accept"), answer="yes")
    assert (refused.status_code, "You can act for this person in this already" in refused.text) == (409, True)
