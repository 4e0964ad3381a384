"""The credentials of live accounts: checked, sealed, never answered; and the two worlds apart."""

import pytest
from sqlalchemy import text

from chassis import ids
from services.payments.tests.conftest import V1, create, new_payment
from services.payments.tests.processors.conftest import FINANCE, WEBHOOK_SECRET, credentials_of
from services.payments.tests.processors.stripe_stub import ACCOUNT, LIVE_KEY

BODY = {"secret_key": LIVE_KEY, "webhook_secret": WEBHOOK_SECRET}
OTHER_KEY = "rk_live_ofTheSameMerchant00000000"


@pytest.fixture
def replace_key(client, new_account, live_key, stripe):
    """Make a function that sets the credentials of citytown's live account."""

    async def send(headers=None, if_match="*", council="citytown", account=None, **members):
        request_headers = {**(headers or live_key), **({"If-Match": if_match} if if_match else {})}
        path = credentials_of(account or new_account, council)
        return await client.put(path, json={**BODY, **members}, headers=request_headers)

    return send


async def test_credentials_are_checked_and_sealed_and_never_answered(
    replace_key, client, live_key, new_account, database, webhook_secret_of, caplog
):
    answer = await replace_key()
    assert answer.status_code == 200, answer.text
    assert answer.json()["merchant"] == ACCOUNT
    path = f"/citytown/payments/notifications/{ids.show(new_account)}"
    assert answer.json()["notification_url"] == f"http://127.0.0.1:8000{path}"
    reading = await client.get(credentials_of(new_account), headers=live_key)
    assert reading.headers["etag"] == answer.headers["etag"]
    for secret in (LIVE_KEY, WEBHOOK_SECRET):
        assert secret not in answer.text + reading.text + caplog.text
    assert await webhook_secret_of(new_account) == WEBHOOK_SECRET
    async with database.reading("citytown") as session:
        rows = await session.all(text("SELECT secret_key FROM processor_credential"))
        audits = await session.all(text("SELECT to_jsonb(audit)::text AS entry FROM audit"))
    assert all(LIVE_KEY.encode() not in bytes(row.secret_key) for row in rows)
    assert any("credentials-changed" in row.entry for row in audits)
    assert all(LIVE_KEY not in row.entry and WEBHOOK_SECRET not in row.entry for row in audits)


async def test_a_change_names_the_version_that_it_is_for(replace_key):
    version = (await replace_key()).json()["version"]
    assert (await replace_key(if_match=None)).status_code == 428
    assert (await replace_key(if_match='"0"')).status_code == 412
    assert (await replace_key(if_match=f'"{version}"')).json()["version"] == version + 1


async def test_the_next_call_uses_the_new_key(replace_key, live):
    live.stripe.merchants[OTHER_KEY] = ACCOUNT
    assert (await replace_key(secret_key=OTHER_KEY)).status_code == 200
    del live.stripe.merchants[LIVE_KEY]
    live.stripe.requests.clear()
    try:
        await live.paid()
    finally:
        live.stripe.merchants[LIVE_KEY] = ACCOUNT
    assert {item["secret"] for item in live.stripe.requests} == {OTHER_KEY}


async def test_a_key_of_another_merchant_is_refused(replace_key, stripe):
    assert (await replace_key()).status_code == 200
    stripe.merchants["sk_live_ofAnotherMerchant0000000"] = "acct_other"
    answer = await replace_key(secret_key="sk_live_ofAnotherMerchant0000000")
    assert (answer.status_code, answer.json()["code"]) == (409, "other-merchant")


@pytest.mark.parametrize(
    "secret_key",
    [
        "sk_test_forTestsOnly0000000000000",
        "rk_test_forTestsOnly0000000000000",
        "pk_live_forTestsOnly0000000000000",
        "sk_live_nobodyKnowsThisOne00000000",
        "sk_live_é000000000000000000000",
        "sk_live_00000000\r\nX-Other: 1",
        "sk_live_tiny",
        "sk_live_" + "0" * 300,
        7_654_321,
        None,
    ],
)
async def test_a_key_that_is_not_a_live_one_of_stripes_is_refused(replace_key, secret_key):
    answer = await replace_key(secret_key=secret_key)
    assert answer.status_code == 400, answer.text
    assert "secret_key" in answer.text
    assert secret_key is None or str(secret_key) not in answer.text


async def test_a_key_that_stripe_calls_a_test_key_is_refused_whatever_its_name(replace_key, stripe):
    stripe.livemode = False
    assert (await replace_key()).status_code == 400


async def test_a_merchant_of_another_currency_is_refused(replace_key, stripe):
    stripe.currency = "eur"
    try:
        assert (await replace_key()).status_code == 400
    finally:
        stripe.currency = "gbp"


async def test_nothing_changes_while_the_processor_cannot_be_asked(
    replace_key, client, live_key, new_account, stripe
):
    version = (await replace_key()).json()["version"]
    stripe.break_next("GET", "/account", "before")
    answer = await replace_key()
    assert (answer.status_code, answer.json()["code"]) == (503, "processor-unavailable")
    reading = await client.get(credentials_of(new_account), headers=live_key)
    assert reading.json()["version"] == version


async def test_only_a_live_credential_with_the_scope_sets_them(replace_key, make_key, new_account, stripe):
    attempts = [
        (make_key("tester", extra=FINANCE), "mode-not-held"),
        (make_key("reader", mode="live", extra=FINANCE[1:]), None),
        (make_key("service", mode="live"), None),
        (make_key("other", council="hillshire", mode="live", extra=FINANCE), None),
    ]
    for headers, code in attempts:
        answer = await replace_key(headers)
        assert answer.status_code == 403
        assert code in {None, answer.json()["code"]}
    hillshire = make_key("other", council="hillshire", mode="live", extra=FINANCE)
    assert (await replace_key(hillshire, council="hillshire")).status_code == 404
    assert stripe.requests == []


async def test_an_account_of_the_sandbox_has_no_credentials(
    replace_key, client, key, live_key, database, run_jobs
):
    await create(client, key)
    async with database.reading("citytown") as session:
        sandbox = await session.scalar(text("SELECT id FROM gateway_account WHERE mode = 'sandbox'"))
    assert (await replace_key(account=sandbox)).status_code == 404
    assert (await client.get(credentials_of(sandbox), headers=live_key)).status_code == 404


async def test_a_payment_of_an_account_without_credentials_waits_for_them(
    replace_key, client, live_key, payer, database, stripe, run_jobs
):
    async with database.writing("citytown") as session:
        await session.execute(text("DELETE FROM processor_credential"), {})
    payment = await create(client, live_key)
    assert "waiting for the payment provider" in (await payer.open(payment)).text
    assert stripe.requests == []


async def test_a_sandbox_key_never_moves_or_sees_live_money_and_a_live_one_never_the_sandboxs(
    live, client, key, paid, live_balances
):
    ours, theirs = await live.paid(amount=1_000), await paid(amount=1_000)
    live_before, sandbox_before = await live_balances(), await live_balances("sandbox")
    live.stripe.requests.clear()
    for payment, headers in ((ours, key), (theirs, live.key)):
        url = f"{V1}/{payment['payment_id']}"
        for method, path in (
            ("GET", ""), ("GET", "/events"), ("GET", "/refunds"), ("POST", "/cancel"), ("POST", "/capture")
        ):  # fmt: skip
            assert (await client.request(method, url + path, headers=headers)).status_code == 404
        refusal = await client.post(f"{url}/refunds", json={"amount": 1}, headers=headers)
        assert refusal.status_code == 404
        listed = (await client.get(V1, headers=headers)).json()["results"]
        assert payment["payment_id"] not in {item["payment_id"] for item in listed}
    assert (await live_balances(), await live_balances("sandbox")) == (live_before, sandbox_before)
    assert live.stripe.requests == []
    agreement = {"reference": "R-1", "description": "Each year"}
    url = "/citytown/payments/v1/agreements"
    mine = (await client.post(url, json=agreement, headers=live.key)).json()["agreement_id"]
    crossing = await client.post(V1, json=new_payment(set_up_agreement=mine), headers=key)
    assert (crossing.status_code, crossing.json()["code"]) == (400, "P0103")
