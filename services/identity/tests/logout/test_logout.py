"""Signing out at a service's wish, and telling the others."""

import asyncio
from urllib.parse import parse_qs

import pytest
from sqlalchemy import text

from chassis.outbound import Outbound, OutboundError
from chassis.testing import ISSUER, eventually
from identity.accounts.actions import sessions
from identity.logout.actions import backchannel_logout
from services.identity.tests.provider import (
    AFTER_LOGOUT,
    ask,
    create_person,
    read_header,
    read_hidden_fields,
    read_request_id,
    register,
    sign_in,
    verify_claims,
)

BACKCHANNEL = "https://service.example/logout-token"
SAME = {"Origin": "http://test.invalid", "Sec-Fetch-Site": "same-origin"}


class Recorder(Outbound):
    """Services that are told: they take what they get, or not. Put in the place of ``Outbound``."""

    def __init__(self, *, fails=False):
        self.notices, self.fails = [], fails

    def __call__(self, settings):
        return self

    async def post(self, uri, form, *, max_bytes, local_only=False):
        self.notices.append((uri, parse_qs(form.decode())["logout_token"][0]))
        if self.fails:
            raise OutboundError("answered 400, not 200", "service.example")
        return b""


async def test_a_service_that_shows_its_id_token_signs_out_at_once(visitor, resident, bins):
    token = (await bins.tokens(visitor))["id_token"]
    parameters = {"id_token_hint": token, "post_logout_redirect_uri": AFTER_LOGOUT, "state": "done"}
    response = await visitor.get("/identity/logout", params=parameters)
    assert response.status_code == 302
    assert response.headers["location"] == f"{AFTER_LOGOUT}?state=done"
    read_request_id(await ask(visitor, bins))  # nobody is signed in any more


async def test_without_proof_the_person_is_asked(visitor, resident, bins):
    parameters = {"client_id": bins.client_id, "post_logout_redirect_uri": AFTER_LOGOUT}
    page = await visitor.get("/identity/logout", params=parameters)
    fields = read_hidden_fields(page)
    assert (await ask(visitor, bins)).headers["location"].startswith("https://service.example")  # still in
    response = await visitor.post("/identity/logout/confirm", data=fields, headers=SAME)
    assert (response.status_code, response.headers["location"]) == (303, AFTER_LOGOUT)
    read_request_id(await ask(visitor, bins))


async def test_an_id_token_of_another_session_is_no_proof(visitor, database, resident, bins):
    token = (await bins.tokens(visitor))["id_token"]
    await sign_in(database, visitor, resident)
    page = await visitor.get("/identity/logout", params={"id_token_hint": token})
    assert "Do you want to sign out?" in page.text


async def test_logging_out_never_redirects_to_what_is_not_registered(visitor, resident, bins):
    token = (await bins.tokens(visitor))["id_token"]
    for back in ("https://evil.example/", f"{AFTER_LOGOUT}/x", f"{AFTER_LOGOUT}?x=1"):
        parameters = {"id_token_hint": token, "post_logout_redirect_uri": back}
        response = await visitor.get("/identity/logout", params=parameters)
        assert response.status_code == 200, back
        assert "location" not in response.headers


async def test_a_logout_form_needs_the_browsers_token(visitor, resident, bins):
    response = await visitor.post("/identity/logout/confirm", data={"csrf": "guess"}, headers=SAME)
    assert response.status_code == 403
    assert "code" in (await ask(visitor, bins)).headers["location"]


async def test_logging_out_ends_tokens_but_not_offline_access(visitor, resident, bins, app):
    short = await bins.tokens(visitor)
    offline = await bins.tokens(visitor, scope="openid offline_access")
    await visitor.get("/identity/logout", params={"id_token_hint": short["id_token"]})
    await app.state.table_copies.refresh()

    async def userinfo(tokens):
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        return (await visitor.get("/identity/userinfo", headers=bearer)).status_code

    assert await userinfo(short) == 401
    assert await userinfo(offline) == 200
    assert (await bins.refresh(visitor, offline["refresh_token"])).status_code == 200


@pytest.fixture
async def service_and_session(visitor, database):
    """A service that wants to hear of the end of sessions, and a session that has just ended."""
    service = await register(database, backchannel_logout_uri=BACKCHANNEL)
    account_id = await create_person(database)
    session_id = await sign_in(database, visitor, account_id)
    token = (await service.tokens(visitor))["id_token"]
    async with database.writing() as session:
        await sessions.end(session, account_id, session_id, "signed-out")
    return service, await verify_claims(visitor, token)


@pytest.fixture
def services(monkeypatch):
    """``services(fails=True)`` -> what takes the place of the services that are told."""

    def install(**options):
        recorder = Recorder(**options)
        monkeypatch.setattr(backchannel_logout, "Outbound", recorder)
        return recorder

    return install


async def list_jobs(database):
    async with database.writing("*") as session:
        return await session.all(text("SELECT * FROM job WHERE kind = 'identity.send_logout_token'"))


async def make_due(database):
    """Let the time for what waits have come."""
    async with database.writing("*") as session:
        await session.execute(text("UPDATE job SET due_at = now() WHERE state = 1"))


async def test_services_get_a_logout_token_when_a_session_ends(
    visitor, database, services, run_jobs, service_and_session
):
    service, signed_in = service_and_session
    recorder = services()
    await run_jobs()
    [(uri, token)] = recorder.notices
    content = await verify_claims(visitor, token)
    assert (uri, read_header(token)["typ"]) == (BACKCHANNEL, "logout+jwt")
    assert (content["iss"], content["aud"]) == (ISSUER, service.client_id)
    assert (content["sub"], content["sid"]) == (signed_in["sub"], signed_in["sid"])
    assert content["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert "nonce" not in content
    assert content["exp"] - content["iat"] <= 120
    assert await list_jobs(database) == [], "once is enough"


async def test_a_logout_token_is_sent_again_later_but_not_for_ever(
    database, services, run_jobs, service_and_session
):
    recorder = services(fails=True)
    for _ in range(8):
        await run_jobs()
        await make_due(database)
    assert len(recorder.notices) == 6
    [job] = await list_jobs(database)
    assert job.reason.startswith("service.example answered 400, not 200.")
    async with database.writing("*") as session:
        await session.execute(text("DELETE FROM job"))


async def test_a_logout_token_is_sent_by_another_worker_when_the_first_ends_in_the_middle(
    visitor, database, services, run_jobs, service_and_session
):
    recorder = services()
    start_event, end_event = asyncio.Event(), asyncio.Event()

    async def hang(*_, **__):
        start_event.set()
        await end_event.wait()

    recorder.post, post = hang, recorder.post
    worker = asyncio.create_task(run_jobs())
    await start_event.wait()
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    assert recorder.notices == []
    recorder.post = post

    async def is_sent():
        await run_jobs()
        await make_due(database)
        return recorder.notices

    await eventually(is_sent)
    end_event.set()
    assert await list_jobs(database) == []


@pytest.mark.parametrize("uri", ["http://service.example/x", "https://127.0.0.1/x", "https://localhost/x"])
async def test_a_logout_token_never_goes_to_our_own_network(settings, uri):
    with pytest.raises(OutboundError):
        await Outbound(settings).post(uri, b"logout_token=x", max_bytes=100)
