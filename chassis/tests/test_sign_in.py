"""Staff sign in to a service's pages; whoever else comes, and whatever they bring, does not."""

import asyncio
import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from sqlalchemy import text

from chassis import clock
from chassis.revocations import revoke
from chassis.testing import ISSUER, eventually
from chassis.testing.staff import StaffBrowser
from chassis.web.sign_in.relying_party import GrantRefusedError, Person, RelyingParty, Tokens

DESK = "/citytown/notes/desk"
CLIENT = "01hzy3t8qk5v7m9x2c4b6n8p0r"
CLIENT_PATH = "/{}/notes/sign-in/v1/client"


class Issuer:
    """The issuer behind its token endpoint: codes and refresh tokens that are good once."""

    def __init__(self, mint_person, issuer_key):
        self.mint, self.key = mint_person, issuer_key
        self.scopes = ["notes:desk"]
        self.refreshed = 0
        self.nonce, self.audience, self.challenge = "", CLIENT, ""
        self.forms = []
        self.is_away = False

    async def answer(self, client_id, form):
        self.forms.append({"client_id": client_id, **form})
        await asyncio.sleep(0.02)
        if self.is_away:
            raise GrantRefusedError("for the test of another end")
        if form["grant_type"] == "refresh_token":
            if form["refresh_token"] != f"refresh {self.refreshed}":
                raise GrantRefusedError("used up")
            self.refreshed += 1
        return Tokens(
            access_token=self.access(),
            refresh_token=f"refresh {self.refreshed}",
            id_token=self.sign("JWT", nonce=self.nonce, sid="at the issuer"),
        )

    async def read_person(self):
        return Person("Ann Example", "ann@citytown.example")

    def access(self, **claims):
        return self.mint("ann", scopes=self.scopes, **{"client_id": CLIENT, "mode": "live", **claims})

    def sign(self, kind, **claims):
        now = int(clock.unix_time())
        common = {"iss": ISSUER, "aud": self.audience, "sub": "ann", "iat": now, "exp": now + 120}
        return jwt.encode({"alg": "ES256", "kid": "test", "typ": kind}, {**common, **claims}, self.key)


@pytest.fixture
def issuer(mint_person, issuer_key, monkeypatch):
    issuer = Issuer(mint_person, issuer_key)
    monkeypatch.setattr(RelyingParty, "_fetch_tokens", lambda _, *call: issuer.answer(*call))
    monkeypatch.setattr(RelyingParty, "fetch_person", lambda *_: issuer.read_person())
    return issuer


@pytest.fixture(autouse=True)
async def client_id(client, mint):
    """Set citytown's live client."""
    token = mint(scopes=["notes:sign-in"], mode="live")
    headers = {"X-Api-Key": token}
    response = await client.put(CLIENT_PATH.format("citytown"), json={"client_id": CLIENT}, headers=headers)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.fixture
def browser(app, client):
    return StaffBrowser(app, "citytown")


def read_query(url):
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


async def begin(browser, issuer, path=DESK):
    """Ask for a page and go to the issuer, which notes what it is asked for; return the request there."""
    page = await browser.get(path)
    assert page.status_code == 303
    leaving = await browser.get(page.headers["location"])
    assert leaving.headers["location"].startswith(f"{ISSUER}authorize?")
    request = read_query(leaving.headers["location"])
    issuer.nonce = request["nonce"]
    return request


async def come_back(browser, state, **changes):
    query = {"state": state, "code": "a-code", "iss": ISSUER, **changes}
    return await browser.get("/citytown/notes/signed-in", **query)


async def sign_in(browser, issuer, path=DESK):
    request = await begin(browser, issuer, path)
    response = await come_back(browser, request["state"])
    assert response.status_code == 303, response.text
    return await browser.get(response.headers["location"])


async def test_a_page_leads_to_the_issuer_and_back_to_itself(browser, issuer):
    request = await begin(browser, issuer, f"{DESK}?page=2")
    assert request["scope"] == "openid email offline_access notes:desk notes:write"
    assert request["code_challenge_method"] == "S256"
    assert request["redirect_uri"] == "http://test.invalid/citytown/notes/signed-in"
    response = await come_back(browser, request["state"])
    assert response.headers["location"] == f"{DESK}?page=2"
    page = await browser.get(response.headers["location"])
    assert page.status_code == 200
    assert "ann live [&#39;notes:desk&#39;]" in page.text
    assert "Ann Example" in page.text
    assert "ann@citytown.example" not in page.text, "an address may be a private one"
    assert issuer.forms[0]["redirect_uri"] == request["redirect_uri"]


async def test_the_cookie_is_out_of_scripts_reach_and_holds_no_token(browser, issuer):
    request = await begin(browser, issuer)
    response = await come_back(browser, request["state"])
    [cookie] = [value for value in response.headers.get_list("set-cookie") if "notes-staff" in value]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    secret = re.search(r"=([^;]+)", cookie)[1]
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", secret)


async def test_no_token_or_secret_lies_open_in_the_database(browser, issuer, database):
    await sign_in(browser, issuer)
    async with database.reading("citytown") as session:
        row = await session.first(text("SELECT * FROM staff_session ORDER BY id DESC LIMIT 1"))
    content = str(row._mapping).encode() + bytes(row.tokens) + bytes(row.secret_hash)
    assert browser.http.cookies["notes-staff-citytown"].encode() not in content
    assert b"eyJ" not in content


@pytest.mark.parametrize("change", [{"iss": "https://other.example/"}, {"code": ""}, {"state": "another"}])
async def test_an_answer_that_is_not_the_issuers_signs_nobody_in(browser, issuer, change):
    request = await begin(browser, issuer)
    response = await come_back(browser, **{"state": request["state"], **change})
    assert response.status_code == 400
    assert "You are not signed in" in response.text
    assert issuer.forms == []
    assert (await browser.get(DESK)).status_code == 303


async def test_an_answer_in_another_browser_signs_nobody_in(app, browser, issuer):
    request = await begin(browser, issuer)
    victim = StaffBrowser(app, "citytown")
    stolen = {name: value for name, value in browser.http.cookies.items() if name.startswith("signing-in")}
    victim.http.cookies.update(stolen)
    await victim.get(DESK)
    assert (await come_back(victim, request["state"])).status_code == 400


async def test_an_id_token_of_another_sign_in_signs_nobody_in(browser, issuer):
    request = await begin(browser, issuer)
    issuer.nonce = "another"
    assert (await come_back(browser, request["state"])).status_code == 400


async def test_an_id_token_for_another_client_signs_nobody_in(browser, issuer):
    request = await begin(browser, issuer)
    issuer.audience = "another"
    assert (await come_back(browser, request["state"])).status_code == 400


async def test_an_answer_is_good_once(browser, issuer):
    request = await begin(browser, issuer)
    await come_back(browser, request["state"])
    assert (await come_back(browser, request["state"])).status_code == 400


@pytest.mark.parametrize(
    "back",
    ["https://evil.example/", "//evil.example", "/hillshire/notes/desk", "/citytown/notes/\\evil", "x"],
)
async def test_nobody_is_led_elsewhere_after_signing_in(browser, issuer, back):
    leaving = await browser.get("/citytown/notes/sign-in", back=back)
    request = read_query(leaving.headers["location"])
    issuer.nonce = request["nonce"]
    response = await come_back(browser, request["state"])
    assert response.headers["location"] == DESK


async def test_a_role_is_needed(browser, issuer):
    issuer.scopes = ["notes:write"]
    assert (await sign_in(browser, issuer)).status_code == 403


async def test_staff_of_one_council_are_strangers_at_another(browser, issuer):
    await sign_in(browser, issuer)
    browser.http.cookies.set("notes-staff-hillshire", browser.http.cookies["notes-staff-citytown"])
    assert (await browser.get("/hillshire/notes/desk")).status_code == 303


async def test_a_token_of_another_council_begins_no_session(browser, issuer, monkeypatch):
    request = await begin(browser, issuer)
    monkeypatch.setattr(
        issuer, "access", lambda: issuer.mint("ann", scopes=["notes:desk"], councils=["hillshire"])
    )
    assert (await come_back(browser, request["state"])).status_code == 400


async def test_a_machine_and_a_delegate_are_no_staff(sign_in_staff, mint, mint_delegate):
    for token in (mint(scopes=["notes:desk"]), mint_delegate("rosa", scopes=["notes:desk"])):
        browser = await sign_in_staff(token)
        assert (await browser.get(DESK)).status_code == 403


@pytest.mark.parametrize("changed", ["", "x", "a" * 43, "secret\x00"])
async def test_a_changed_cookie_is_nobodys(browser, issuer, changed):
    await sign_in(browser, issuer)
    browser.http.cookies.clear()
    page = await browser.http.get(DESK, headers={"Cookie": f"notes-staff-citytown={changed}"})
    assert page.status_code == 303


async def test_a_form_needs_the_token_of_its_browser(browser, issuer):
    await sign_in(browser, issuer)
    assert (await browser.post(DESK)).status_code == 200
    forged = await browser.http.post(DESK, data={"csrf": "forged"})
    assert forged.status_code == 403
    elsewhere = await browser.http.post(DESK, data={}, headers={"Sec-Fetch-Site": "cross-site"})
    assert elsewhere.status_code == 403


async def test_a_form_without_a_session_is_refused_and_not_redirected(browser):
    response = await browser.http.post(DESK, data={})
    assert response.status_code == 401
    program = await browser.http.get(DESK, headers={"Accept": "application/json"})
    assert (program.status_code, program.json()["code"]) == (401, "not-signed-in")


async def test_a_token_that_has_expired_is_renewed_once_for_all_tabs(browser, issuer, set_clock):
    await sign_in(browser, issuer)
    set_clock(clock.unix_time() + 700)
    pages = await asyncio.gather(*(browser.http.get(DESK) for _ in range(5)))
    assert [page.status_code for page in pages] == [200] * 5
    assert issuer.refreshed == 1


async def test_a_session_ends_without_use_and_after_a_day(browser, issuer, set_clock):
    await sign_in(browser, issuer)
    start = clock.unix_time()
    set_clock(start + 1_850)
    assert (await browser.get(DESK)).status_code == 303
    set_clock(start + 100)
    for minutes in range(25, 590, 25):
        set_clock(start + minutes * 60)
        assert (await browser.get(DESK)).status_code == 200, minutes
    set_clock(start + 10 * 3600 + 1)
    assert (await browser.get(DESK)).status_code == 303


async def test_a_role_taken_away_ends_what_the_session_may_do(browser, issuer, app, database, set_clock):
    await sign_in(browser, issuer)
    now = clock.now()
    async with database.writing("citytown") as session:
        await revoke(session, "citytown", "ann", now + timedelta(minutes=11), now)
    await eventually(lambda: "ann" in app.state.deny_list.revoked)
    issuer.scopes = []
    set_clock(now.timestamp() + 2)
    assert (await browser.get(DESK)).status_code == 403
    assert issuer.refreshed == 1
    async with database.writing("citytown") as session:
        await session.execute(text("DELETE FROM revoked_token WHERE id = 'ann'"))
    await eventually(lambda: "ann" not in app.state.deny_list.revoked)


async def test_who_left_is_signed_out(browser, issuer, set_clock, database):
    await sign_in(browser, issuer)
    set_clock(clock.unix_time() + 700)
    issuer.is_away = True
    assert (await browser.get(DESK)).status_code == 303
    async with database.reading("citytown") as session:
        statement = text("SELECT count(*) FROM staff_session WHERE secret_hash = sha256(:secret)")
        secret = browser.http.cookies["notes-staff-citytown"].encode()
        assert await session.scalar(statement, {"secret": secret}) == 0


async def test_signing_out_ends_the_session_here_and_leads_to_the_issuer(browser, issuer):
    await sign_in(browser, issuer)
    response = await browser.post("/citytown/notes/sign-out")
    leaving = urlsplit(response.headers["location"])
    assert f"{leaving.scheme}://{leaving.netloc}{leaving.path}" == f"{ISSUER}logout"
    assert "id_token_hint" in parse_qs(leaving.query)
    assert (await browser.get(DESK)).status_code == 303
    assert "You have signed out" in (await browser.get("/citytown/notes/signed-out")).text


EVENTS = {"http://schemas.openid.net/event/backchannel-logout": {}}


async def test_a_logout_token_ends_the_session(browser, issuer):
    await sign_in(browser, issuer)
    token = issuer.sign("logout+jwt", sid="at the issuer", events=EVENTS, jti="1")
    answer = await browser.http.post("/citytown/notes/sign-in/logout", data={"logout_token": token})
    assert answer.status_code == 200
    assert (await browser.get(DESK)).status_code == 303


@pytest.mark.parametrize(
    ("kind", "claims"),
    [
        ("JWT", {}),
        ("logout+jwt", {"nonce": "n"}),
        ("logout+jwt", {"events": {}}),
        ("logout+jwt", {"aud": "another"}),
        ("logout+jwt", {"iss": "https://other.example/"}),
        ("logout+jwt", {"exp": 1}),
    ],
)
async def test_a_logout_token_that_is_none_ends_nothing(browser, issuer, kind, claims):
    await sign_in(browser, issuer)
    token = issuer.sign(kind, **{"sid": "at the issuer", "events": EVENTS, **claims})
    answer = await browser.http.post("/citytown/notes/sign-in/logout", data={"logout_token": token})
    assert answer.status_code == 400
    assert (await browser.get(DESK)).status_code == 200


async def test_a_logout_token_of_one_council_ends_nothing_at_another(browser, issuer):
    await sign_in(browser, issuer)
    token = issuer.sign("logout+jwt", sid="at the issuer", events=EVENTS)
    answer = await browser.http.post("/hillshire/notes/sign-in/logout", data={"logout_token": token})
    assert answer.status_code == 400
    assert (await browser.get(DESK)).status_code == 200


async def test_a_council_without_a_client_says_so(browser):
    page = await browser.http.get("/hillshire/notes/sign-in", headers={"Accept": "application/json"})
    assert (page.status_code, page.json()["code"]) == (404, "no-sign-in")


async def test_the_client_is_of_its_council_and_mode(client, mint, client_id):
    assert client_id["client_id"] == CLIENT
    assert client_id["redirect_uris"] == ["http://test.invalid/citytown/notes/signed-in"]
    assert "d" not in client_id["jwks"]["keys"][0]
    sandbox = mint(scopes=["notes:sign-in"], mode="sandbox")
    response = await client.get(CLIENT_PATH.format("citytown"), headers={"X-Api-Key": sandbox})
    assert response.json()["client_id"] is None
    foreign = mint(scopes=["notes:sign-in"], councils=["hillshire"])
    response = await client.put(
        CLIENT_PATH.format("citytown"), json={"client_id": CLIENT}, headers={"X-Api-Key": foreign}
    )
    assert response.status_code == 403
