"""Webhooks under attack: subscribers that misbehave, callers of others' subscriptions, and secrets."""

import logging
from dataclasses import replace

import pytest
from notes.app import service as notes
from notes.webhooks import NOTES
from pydantic import SecretStr

from chassis.app import create_app
from chassis.commands import CommandError, ExitCode
from chassis.outbound import Outbound
from chassis.testing import SEALING_KEY
from chassis.testing.servers import Answer, Names
from chassis.webhooks import deliveries, signatures
from tests.guards.bounds import find_unbounded

BODY = {"event_types": ["notes.written"]}


async def attempt(hooks):
    await hooks.send()
    await hooks.jobs.drain()
    delivery = await hooks.read_delivery()
    [logged] = delivery["log"]
    return delivery["status"], logged["status_code"], logged["error"], logged["milliseconds"]


async def test_a_receiver_that_is_slow_has_three_seconds(hooks):
    await hooks.subscribe()
    hooks.server.pause = 5
    status, code, error, milliseconds = await attempt(hooks)
    assert (status, code, error) == ("pending", None, "timeout")
    assert 2_900 < milliseconds < 4_500
    assert NOTES.seconds == 3


async def test_a_redirect_is_not_followed(hooks):
    await hooks.subscribe()
    hooks.server.answers = [Answer(307, headers={"Location": hooks.server.url})]
    assert (await attempt(hooks))[:3] == ("pending", 307, "redirect")
    assert len(hooks.list_messages()) == 1


async def test_a_response_without_end_is_a_success_of_which_nothing_is_kept(hooks):
    await hooks.subscribe()
    hooks.server.is_endless = True
    assert (await attempt(hooks))[:3] == ("delivered", 200, None)


async def test_a_response_that_breaks_off_is_a_failure(hooks):
    await hooks.subscribe()
    hooks.server.cut_after = 8
    assert (await attempt(hooks))[:3] == ("pending", None, "broken")


async def test_nothing_of_a_response_is_kept_or_shown(hooks, caplog):
    caplog.set_level(logging.DEBUG)
    await hooks.subscribe()
    hooks.server.status, hooks.server.body = 500, b"a private answer"
    await attempt(hooks)
    assert "a private answer" not in str(await hooks.read_delivery()) + caplog.text


@pytest.fixture
def strict(settings):
    """Settings as in production: no private address is called."""
    assert not settings.outbound_private
    return settings


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "https://127.0.0.1/hook",
        "https://10.1.2.3/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/hook",
        "https://[::ffff:10.0.0.1]/hook",
        "https://user:password@example.com/hook",
        "https://exam ple.com/",
        "https://",
        "ftp://example.com/",
        "https://example.com:0/",
    ],
)
@pytest.mark.parametrize("mode", ["live", "sandbox"])
async def test_a_url_that_may_not_be_called_is_refused(hooks, strict, url, mode):
    refused = await hooks.call("POST", "/subscriptions", {**BODY, "url": url}, mode=mode)
    assert refused.status_code == 400, refused.text
    assert refused.json()["errors"][0]["field"] == "body.url"
    assert "password" not in refused.text
    good = await hooks.subscribe()
    assert (await hooks.change(good, {"url": url})).status_code == 400


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1"])
async def test_a_name_that_leads_inside_is_not_called(hooks, strict, monkeypatch, address):
    outbound = Outbound(strict, Names([address]))
    monkeypatch.setattr(deliveries, "Outbound", lambda _: outbound)
    await hooks.subscribe()
    assert (await attempt(hooks))[:3] == ("pending", None, "forbidden")
    assert hooks.list_messages() == []


@pytest.fixture
def laptop(app):
    """Let the service call private addresses."""
    settings = app.state.settings
    app.state.settings = settings.model_copy(update={"outbound_private": True})
    yield
    app.state.settings = settings


@pytest.mark.parametrize(
    ("mode", "url", "status"),
    [
        ("sandbox", "http://127.0.0.1:9/hook", 201),
        ("sandbox", "http://example.com/hook", 201),  # and not called: it is not this machine
        ("live", "http://127.0.0.1:9/hook", 400),
        ("sandbox", "http://10.0.0.1/hook", 400),
    ],
)
async def test_on_a_laptop_http_is_for_this_machine_and_the_sandbox(hooks, laptop, mode, url, status):
    response = await hooks.call("POST", "/subscriptions", {**BODY, "url": url}, mode=mode)
    assert response.status_code == status, response.text


async def test_nobody_sees_or_changes_what_is_another_councils(hooks):
    subscription = await hooks.subscribe()
    await hooks.send()
    [delivery] = await hooks.list_deliveries()
    assert await hooks.list_deliveries(council="hillshire") == []
    await expect_hidden(hooks, subscription, delivery, council="hillshire")
    for council in ("citytown", "hillshire"):
        wrong = await hooks.client.get(
            f"/{council}/notes/webhooks/v1/subscriptions",
            headers=hooks.authorise("hillshire" if council == "citytown" else "citytown"),
        )
        assert wrong.status_code == 403
    async with hooks.database.reading("hillshire") as session:
        for table in ("webhook_subscription", "webhook_delivery", "webhook_attempt"):
            rows = await session.connection.exec_driver_sql(f"SELECT count(*) FROM {table}")
            assert rows.scalar() == 0


async def test_a_sandbox_credential_does_not_see_what_is_live(hooks):
    subscription = await hooks.subscribe()
    await hooks.send()
    [delivery] = await hooks.list_deliveries()
    assert await hooks.list_deliveries(mode="sandbox") == []
    await expect_hidden(hooks, subscription, delivery, mode="sandbox")


async def test_a_client_sees_and_makes_subscriptions_of_its_scopes_only(hooks):
    subscription = await hooks.subscribe()
    await hooks.send()
    [delivery] = await hooks.list_deliveries()
    await expect_hidden(hooks, subscription, delivery, client_id="scoped-client")
    body = {**BODY, "url": hooks.server.url, "scope": "account 2"}
    refused = await hooks.call("POST", "/subscriptions", body, client_id="scoped-client")
    assert (refused.status_code, refused.json()["code"]) == (403, "wrong-scope")
    visible = await hooks.subscribe(client_id="scoped-client")
    assert visible["scope"] == "account 1", "a client of one scope need not name it"
    listed = await hooks.call("GET", "/subscriptions", client_id="scoped-client")
    assert [item["id"] for item in listed.json()["items"]] == [visible["id"]]


async def expect_hidden(hooks, subscription, delivery, **caller):
    path = f"/subscriptions/{subscription['id']}"
    calls = [
        ("GET", path, None),
        ("PATCH", path, {"enabled": False}),
        ("DELETE", path, None),
        ("POST", f"{path}/secrets", {}),
        ("GET", f"/deliveries/{delivery['id']}", None),
        ("POST", f"/deliveries/{delivery['id']}/replay", None),
    ]
    for method, route, body in calls:
        response = await hooks.call(method, route, body, headers={"If-Match": "*"}, **caller)
        assert response.status_code == 404, (method, route, response.text)
    assert (await hooks.read(subscription))["version"] == 1
    listed = await hooks.call("GET", "/subscriptions", **caller)
    assert listed.json()["items"] == []


async def test_a_credential_without_the_permission_gets_nothing(hooks):
    for method, path in (("GET", "/subscriptions"), ("POST", "/subscriptions"), ("GET", "/deliveries")):
        token = hooks.mint(scopes=["notes:read", "notes:write"])
        url = f"/citytown/notes/webhooks/v1{path}"
        for headers, status in (({}, 401), ({"Authorization": f"Bearer {token}"}, 403)):
            response = await hooks.client.request(method, url, json=BODY, headers=headers)
            assert response.status_code == status


async def test_a_secret_is_shown_once_and_is_nowhere_else(hooks, caplog):
    caplog.set_level(logging.DEBUG)
    subscription = await hooks.subscribe()
    secret = subscription["secret"]
    await hooks.send()
    await hooks.jobs.drain()
    changed = await hooks.change(subscription, {"description": "Ours"})
    answers = [changed.text, str(await hooks.read(subscription)), str(await hooks.read_delivery())]
    answers.append((await hooks.call("GET", "/subscriptions")).text)
    assert "secret" not in "".join(answers)
    async with hooks.database.reading("citytown") as session:
        for table in ("webhook_subscription", "webhook_delivery", "webhook_attempt", "job", "idempotency"):
            rows = await session.connection.exec_driver_sql(f"SELECT t::text FROM {table} t")
            content = "".join(row[0] for row in rows)
            assert secret not in content
            assert secret.encode().hex() not in content
    assert secret.removeprefix("whsec_") not in caplog.text + repr(hooks.list_messages()[0].headers)


async def test_a_sealed_secret_of_another_row_signs_nothing(hooks):
    """Whoever can write to the database cannot make us sign with a secret that they know."""
    theirs, ours = await hooks.subscribe(), await hooks.subscribe()
    await hooks.jobs.execute(
        "UPDATE webhook_subscription o SET secret = t.secret FROM webhook_subscription t"
        " WHERE o.description = '' AND o.id > t.id"
    )
    assert theirs["secret"] != ours["secret"]
    await hooks.send()
    await hooks.jobs.drain()
    assert len(hooks.list_messages()) == 1
    [row] = await hooks.jobs.list_rows()
    assert "WrongKeyError" in row.reason


@pytest.mark.parametrize("key", ["", "short", "x" * 43 + "!"])
def test_a_service_with_webhooks_does_not_start_without_a_sealing_key(key):
    settings = notes.settings(database_url="postgresql://none", sealing_key=key)
    with pytest.raises(CommandError, match="NOTES_SEALING_KEY") as failure:
        create_app(notes, settings)
    assert failure.value.code is ExitCode.MISCONFIGURED
    assert not key or key not in str(failure.value)
    assert signatures.read_sealing_key(settings.model_copy(update={"sealing_key": SecretStr(SEALING_KEY)}))


@pytest.mark.parametrize(
    "body",
    [
        {"url": "https://example.com"},
        {**BODY, "url": "https://example.com", "event_types": ["unknown"]},
        {**BODY, "url": "https://example.com", "event_types": ["note_written"]},
        {**BODY, "url": "https://example.com", "event_types": []},
        {**BODY, "url": "https://example.com", "kind": "unknown"},
        {**BODY, "url": "https://example.com/" + "x" * 2_048},
        {**BODY, "url": "https://example.com", "description": "a\x00b"},
        {**BODY, "url": "https://example.com", "secret": "mine"},
        {**BODY, "url": "https://example.com", "scope": ""},
    ],
)
async def test_a_subscription_that_cannot_be_is_refused(hooks, body):
    refused = await hooks.call("POST", "/subscriptions", body)
    assert refused.status_code == 400
    assert refused.json()["errors"]


async def test_a_cursor_of_another_list_is_refused(hooks):
    for path in ("/subscriptions", "/deliveries"):
        assert (await hooks.call("GET", f"{path}?after=WzFd")).status_code == 400
        assert (await hooks.call("GET", f"{path}?after=WyJ4Il0")).status_code == 400


def test_what_the_api_takes_is_bounded(settings):
    document = create_app(
        replace(notes, routers=[], pages=None, messages=None, sign_in=None), settings
    ).openapi()
    assert len([path for path in document["paths"] if "/webhooks/v1/" in path]) == 6
    assert find_unbounded(document) == []
