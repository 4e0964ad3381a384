"""Webhooks: what a subscriber is sent, when it is sent again, and what the API shows of it."""

import hashlib
import hmac
import time
from datetime import datetime, timedelta

import pytest
from notes.webhooks import NOTES, webhooks
from standardwebhooks import WebhookVerificationError
from webhook_harness import counting_statements, parse

from chassis import clock
from chassis.testing import eventually
from chassis.testing.servers import Answer, Server, listening
from chassis.webhooks import Kind, deliveries, store, subscriptions


async def test_a_message_verifies_with_the_library_that_receivers_use(hooks):
    subscription = await hooks.subscribe("notes.written")
    assert await hooks.send(resource="note 1", data={"text": "é"}) == 1
    await hooks.jobs.drain()
    [message] = hooks.list_messages()
    body = message.verify(subscription["secret"])
    assert (body["type"], body["data"]) == ("notes.written", {"text": "é"})
    assert message.headers["content-type"] == "application/json"
    with pytest.raises(WebhookVerificationError):
        message.verify("whsec_" + "A" * 44)
    delivery = await hooks.read_delivery()
    assert (delivery["id"], delivery["status"], delivery["attempts"]) == (message.id, "delivered", 1)
    assert (delivery["body"].encode(), delivery["resource"]) == (message.body, "note 1")
    [attempt] = delivery["log"]
    assert (attempt["status_code"], attempt["error"]) == (200, None)
    assert await hooks.jobs.list_rows() == []


async def test_a_kind_has_its_own_body_headers_and_schedule(hooks):
    subscription = await hooks.subscribe("note_written", kind="outside")
    hooks.server.status = 500
    await hooks.send("note_written", resource="n1")
    await hooks.jobs.drain()
    [message] = hooks.list_messages()
    assert parse(message)["webhook_message_id"] == message.id
    expected = hmac.new(subscription["secret"].encode(), message.body, hashlib.sha256).hexdigest()
    assert message.headers["outside-signature"] == expected
    for _ in range(5):
        await hooks.try_again()
    delivery = await hooks.read_delivery()
    assert (delivery["status"], delivery["attempts"], delivery["next_at"]) == ("failed", 3, None)


async def test_it_is_sent_again_as_gov_uk_pay_does_and_then_by_replay(hooks):
    subscription = await hooks.subscribe()
    hooks.server.status = 503
    await hooks.send()
    await hooks.jobs.drain()
    waits = []
    while (delivery := await hooks.read_delivery())["status"] == "pending":
        due_at = (await hooks.jobs.list_rows())[0].due_at
        assert due_at == datetime.fromisoformat(delivery["next_at"])
        waits.append((due_at - datetime.fromisoformat(delivery["log"][0]["at"])).total_seconds())
        await hooks.try_again()
    assert waits == list(NOTES.waits) == [60, 300, 3600, 86_400, 172_800]
    assert [attempt["error"] for attempt in delivery["log"]] == ["status"] * 6
    assert await hooks.jobs.list_rows() == []
    assert (await hooks.list_deliveries("?status=failed"))[0]["id"] == delivery["id"]
    hooks.server.status = 200
    replay = await hooks.call("POST", f"/deliveries/{delivery['id']}/replay")
    assert (replay.status_code, replay.json()["status"]) == (202, "pending")
    await hooks.jobs.drain()
    assert (await hooks.read_delivery())["status"] == "delivered"
    messages = hooks.list_messages()
    assert {message.id for message in messages} == {delivery["id"]}
    assert len({message.body for message in messages}) == 1
    messages[-1].verify(subscription["secret"])


async def test_a_receivers_retry_after_is_respected(hooks):
    await hooks.subscribe()
    hooks.server.answers = [Answer(429, headers={"Retry-After": "1000"})]
    await hooks.send()
    await hooks.jobs.drain()
    delivery = await hooks.read_delivery()
    wait = datetime.fromisoformat(delivery["next_at"]) - datetime.fromisoformat(delivery["log"][0]["at"])
    assert wait == timedelta(seconds=1000)


async def test_a_service_sends_with_one_statement_when_nobody_subscribes(hooks):
    async with counting_statements(hooks.database) as statements:
        assert await hooks.send() == 0
    assert len(statements) == 1


async def test_nothing_is_sent_of_what_was_rolled_back(hooks):
    await hooks.subscribe()
    with pytest.raises(ZeroDivisionError):
        async with hooks.database.writing("citytown") as session:
            await webhooks.send(session, "citytown", "notes.written", {})
            raise ZeroDivisionError
    await hooks.jobs.drain()
    assert (hooks.list_messages(), await hooks.list_deliveries()) == ([], [])


async def test_only_what_is_subscribed_is_sent(hooks):
    await hooks.subscribe("notes.removed")
    await hooks.subscribe("notes.written", enabled=False)
    await hooks.subscribe("notes.written", scope="account 1")
    await hooks.subscribe("notes.written", mode="sandbox")
    await hooks.subscribe("notes.written", council="hillshire")
    assert await hooks.send() == 0
    assert await hooks.send(scope="account 2") == 0
    assert await hooks.send(scope="account 1") == 1
    await hooks.subscribe("notes.written")
    assert await hooks.send(scope="account 1") == 2
    assert await hooks.send(mode="sandbox") == 1
    assert await hooks.send(council="hillshire") == 1
    with pytest.raises(ValueError, match="no kind"):
        await hooks.send("notes.unknown")
    with pytest.raises(ValueError, match="262144"):
        await hooks.send(data={"text": "x" * 262_144})


async def test_both_secrets_sign_while_they_overlap(hooks, set_clock):
    old = await hooks.subscribe()
    path = f"/subscriptions/{old['id']}/secrets"
    new = (await hooks.call("POST", path, {"overlap_hours": 2}, headers={"If-Match": '"1"'})).json()
    assert new["secret"] != old["secret"]
    await hooks.send()
    await hooks.jobs.drain()
    [message] = hooks.list_messages()
    assert len(message.headers["webhook-signature"].split(" ")) == 2
    assert message.verify(old["secret"]) == message.verify(new["secret"])
    set_clock((clock.now() + timedelta(hours=3)).isoformat())
    [delivery] = await hooks.list_deliveries(exp=int(clock.unix_time()) + 600)
    await hooks.call("POST", f"/deliveries/{delivery['id']}/replay", exp=int(clock.unix_time()) + 600)
    await hooks.try_again()
    assert len(hooks.list_messages()[-1].headers["webhook-signature"].split(" ")) == 1


async def test_a_secret_that_leaked_signs_nothing_any_more(hooks):
    old = await hooks.subscribe()
    path = f"/subscriptions/{old['id']}/secrets"
    stale = await hooks.call("POST", path, {"overlap_hours": 0}, headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    new = (await hooks.call("POST", path, {"overlap_hours": 0}, headers={"If-Match": '"1"'})).json()
    await hooks.send()
    await hooks.jobs.drain()
    [message] = hooks.list_messages()
    message.verify(new["secret"])
    with pytest.raises(WebhookVerificationError):
        message.verify(old["secret"])


async def test_a_repeated_request_shows_its_secret_again_until_that_is_replaced(hooks):
    body = {"url": hooks.server.url, "event_types": ["notes.written"]}
    headers = {"Idempotency-Key": "once"}
    first, second = [
        (await hooks.call("POST", "/subscriptions", body, headers=headers)).json() for _ in range(2)
    ]
    assert first == second
    path = f"/subscriptions/{first['id']}/secrets"
    await hooks.call("POST", path, {}, headers={"If-Match": '"1"'})
    third = await hooks.call("POST", "/subscriptions", body, headers=headers)
    assert (third.status_code, third.json()["code"]) == (409, "secret-not-shown")


async def test_a_subscription_shows_since_when_it_fails_and_is_not_disabled(hooks):
    subscription = await hooks.subscribe()
    assert subscription["failing_since"] is None
    hooks.server.status = 410
    await hooks.send()
    await hooks.jobs.drain()
    since = (await hooks.read(subscription))["failing_since"]
    assert since is not None
    await hooks.try_again()
    after = await hooks.read(subscription)
    assert (after["failing_since"], after["enabled"], after["version"]) == (since, True, 1)
    hooks.server.status = 204
    await hooks.try_again()
    assert (await hooks.read(subscription))["failing_since"] is None


async def test_what_waits_for_a_disabled_subscription_is_cancelled_and_can_be_replayed(hooks):
    subscription = await hooks.subscribe()
    await hooks.send()
    assert (await hooks.change(subscription, {"enabled": False})).status_code == 200
    await hooks.jobs.drain()
    delivery = await hooks.read_delivery()
    assert (delivery["status"], delivery["log"], hooks.list_messages()) == ("cancelled", [], [])
    path = f"/deliveries/{delivery['id']}/replay"
    refused = await hooks.call("POST", path)
    assert (refused.status_code, refused.json()["code"]) == (409, "subscription-disabled")
    await hooks.change(subscription, {"enabled": True})
    assert (await hooks.call("POST", path)).status_code == 202
    await hooks.jobs.drain()
    assert (await hooks.read_delivery())["status"] == "delivered"


async def test_a_deleted_subscription_leaves_nothing_to_do(hooks):
    subscription = await hooks.subscribe()
    await hooks.send()
    deleted = await hooks.call("DELETE", f"/subscriptions/{subscription['id']}")
    assert deleted.status_code == 204
    await hooks.jobs.drain()
    assert (hooks.list_messages(), await hooks.list_deliveries(), await hooks.jobs.list_rows()) == (
        [],
        [],
        [],
    )
    assert (await hooks.call("GET", f"/subscriptions/{subscription['id']}")).status_code == 404


async def test_a_replay_is_not_delayed_by_the_attempt_before_it_that_fails(hooks):
    await hooks.subscribe()
    hooks.server.answers = [Answer(500, pause=0.01)]
    await hooks.send()
    async with hooks.jobs.running():
        await eventually(lambda: has_messages(hooks, 1))
        [delivery] = await hooks.list_deliveries()
        await hooks.call("POST", f"/deliveries/{delivery['id']}/replay")
        await eventually(lambda: has_status(hooks, "delivered"))
        await eventually(lambda: has_attempts(hooks, 2))
    assert [attempt["error"] for attempt in (await hooks.read_delivery())["log"]].count(None) == 1
    assert await hooks.jobs.list_rows() == []


async def has_messages(hooks, count):
    return len(hooks.list_messages()) >= count


async def has_status(hooks, status):
    return (await hooks.read_delivery())["status"] == status


async def has_attempts(hooks, count):
    return (await hooks.read_delivery())["attempts"] == count


async def test_an_event_reaches_a_hundred_subscribers_by_as_few_statements(hooks):
    secrets = {}
    for number in range(100):
        subscription = await hooks.subscribe(description=str(number))
        secrets[subscription["id"]] = subscription["secret"]
    async with counting_statements(hooks.database) as statements:
        assert await hooks.send() == 100
    assert len(statements) == 3
    await hooks.jobs.drain()
    first = (await hooks.call("GET", "/deliveries?limit=60")).json()
    second = (await hooks.call("GET", f"/deliveries?limit=60&after={first['next']}")).json()
    listed = {delivery["id"]: delivery for delivery in first["items"] + second["items"]}
    assert (len(listed), second["next"]) == (100, None)
    for message in hooks.list_messages():
        delivery = listed.pop(message.id)
        assert delivery["status"] == "delivered"
        message.verify(secrets[delivery["subscription"]])
    assert listed == {}


async def test_slow_subscribers_of_one_council_hold_up_nobody_of_another(hooks, authority):
    """Fifty messages to a receiver that never answers are in hand; those of another council come at once."""
    async with listening(Server(pause=5), authority.tls) as slow, hooks.jobs.running():
        await hooks.subscribe(url=slow.url)
        await hooks.subscribe(council="hillshire")
        for _ in range(50):
            await hooks.send()
        await eventually(lambda: is_busy(slow))
        for number in range(1, 11):
            started = time.monotonic()
            await hooks.send(council="hillshire")
            await eventually(lambda number=number: has_messages(hooks, number))
            assert time.monotonic() - started < 2


async def is_busy(server):
    return server.open_calls >= 8


async def test_a_host_that_is_left_alone_costs_no_attempt(hooks, monkeypatch):
    await hooks.subscribe()
    hooks.server.status = 500
    outbound = deliveries.Outbound(None)
    monkeypatch.setattr(outbound, "_hosts", type(outbound._hosts)(outbound._settings.model_copy(
        update={"outbound_circuit_failures": 1})))  # fmt: skip
    for _ in range(2):
        await hooks.send()
        await hooks.jobs.drain()
    assert len(hooks.list_messages()) == 1
    by_attempts = {delivery["attempts"]: delivery for delivery in await hooks.list_deliveries()}
    assert {delivery["status"] for delivery in by_attempts.values()} == {"pending"}
    wait = datetime.fromisoformat(by_attempts[0]["next_at"]) - clock.now()
    assert timedelta(0) < wait < timedelta(seconds=11)


async def test_deliveries_are_deleted_when_they_expire(hooks):
    await hooks.subscribe()
    await hooks.send()
    await hooks.jobs.drain()
    await hooks.send()
    await hooks.jobs.execute("UPDATE webhook_delivery SET expires_at = now() WHERE attempts = 1")
    async with hooks.database.writing("*") as session:
        assert [await store.purge_deliveries(session, 1) for _ in range(2)] == [1, 0]
    [delivery] = await hooks.list_deliveries()
    assert delivery["status"] == "pending"
    retention = datetime.fromisoformat(delivery["expires_at"]) - datetime.fromisoformat(
        delivery["created_at"]
    )
    assert retention == timedelta(days=7)


async def test_a_council_has_a_bounded_number_of_subscriptions(hooks, monkeypatch):
    monkeypatch.setattr(subscriptions, "MAX_SUBSCRIPTIONS", 1)
    await hooks.subscribe()
    body = {"url": hooks.server.url, "event_types": ["notes.written"]}
    refused = await hooks.call("POST", "/subscriptions", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "too-many-subscriptions")


@pytest.mark.parametrize(
    "options",
    [{"event_types": []}, {"event_types": ["x" * 101]}, {"seconds": 21}, {"waits": [86_400] * 8}],
)
def test_a_kind_that_cannot_be_is_refused_where_it_is_declared(options):
    with pytest.raises(ValueError, match="k: "):
        Kind(**{"name": "k", "event_types": ["a.b"], **options})
