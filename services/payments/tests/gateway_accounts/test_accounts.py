"""Gateway accounts: who may see and change which, what closing does, and which clients use them."""

import asyncio

import pytest
from sqlalchemy import text

from chassis import audit, ids
from services.payments.tests.conftest import V1, create, get, new_payment
from services.payments.tests.funds.finance import headers_of, import_default, url

ACCOUNTS = url("gateway-accounts")


def new_account(**members):
    return {"name": "Licensing", "mode": "sandbox", "processor": "sandbox", **members}


@pytest.fixture
def live(mint):
    return headers_of(mint)


@pytest.fixture
def sandbox(mint):
    return headers_of(mint, mode="sandbox")


@pytest.fixture(scope="module")
async def finance(client, mint):
    """The default funds of England in citytown."""
    await import_default(client, mint, "citytown", "england")


@pytest.fixture
def make(client, live):
    """Make a function that makes an account."""

    async def make_account(headers=None, **members):
        response = await client.post(ACCOUNTS, json=new_account(**members), headers=headers or live)
        assert response.status_code == 201, response.text
        assert response.headers["location"] == f"{ACCOUNTS}/{response.json()['id']}"
        return response.json()

    return make_account


@pytest.fixture
def change(client, live):
    """Make a function that changes an account as it is now."""

    async def change_account(account, headers=None, **members):
        path = f"{ACCOUNTS}/{account['id']}"
        tag = (await client.get(path, headers=live)).headers["etag"]
        return await client.patch(path, json=members, headers={**(headers or live), "If-Match": tag})

    return change_account


@pytest.fixture
def assign(client, live):
    """Make a function that lets a client use an account."""

    async def assign_client(account, client_id, headers=None):
        path = f"{ACCOUNTS}/{account['id']}/clients/{client_id}"
        return await client.put(path, headers=headers or live)

    return assign_client


async def list_all(client, headers, limit=50):
    """List every account, page by page."""
    items, path = [], f"{ACCOUNTS}?limit={limit}"
    while path:
        response = await client.get(path, headers=headers)
        items += response.json()["items"]
        link = response.headers.get("link", "")
        path = link.partition("<")[2].partition(">")[0]
    return items


async def test_an_account_is_made_read_and_changed(client, live, make, change, finance):
    account = await make(fund="11", settings={"capture_hours": 24, "vat_number": "GB123456789"})
    assert account["settings"]["capture_hours"] == 24
    assert account["settings"]["emails_receipts"] is True
    assert (account["is_open"], account["is_default"], account["version"]) == (True, False, 1)
    members = {"name": "Licences", "fund": None, "settings": {"refund_spread": "refuse"}}
    changed = (await change(account, **members)).json()
    assert (changed["name"], changed["fund"], changed["version"]) == ("Licences", None, 2)
    assert changed["settings"] == account["settings"] | {"refund_spread": "refuse"}
    response = await client.get(f"{ACCOUNTS}/{account['id']}", headers=live)
    assert (response.json(), response.headers["etag"]) == (changed, '"2"')


async def test_a_change_is_for_the_version_that_was_read(client, live, make, change):
    account = await make()
    path = f"{ACCOUNTS}/{account['id']}"
    assert (await client.patch(path, json={"name": "A"}, headers=live)).status_code == 428
    assert (await change(account, name="B")).status_code == 200
    stale = await client.patch(path, json={"name": "C"}, headers={**live, "If-Match": '"1"'})
    assert stale.status_code == 412


async def test_accounts_are_listed_page_by_page(client, live, make):
    accounts = [await make(name=f"Account {number}") for number in range(3)]
    listed = await list_all(client, live, limit=2)
    assert [item["id"] for item in listed] == sorted(item["id"] for item in listed)
    assert [item for item in listed if item["id"] in {each["id"] for each in accounts}] == accounts


async def test_a_sandbox_credential_neither_sees_nor_makes_a_live_account(
    client, live, sandbox, make, change, assign
):
    account = await make(mode="live", processor="stripe")
    test_account = await make(headers=sandbox)
    assert account["id"] not in {item["id"] for item in await list_all(client, sandbox)}
    assert {account["id"], test_account["id"]} <= {item["id"] for item in await list_all(client, live)}
    path = f"{ACCOUNTS}/{account['id']}"
    answers = [
        await client.get(path, headers=sandbox),
        await change(account, headers=sandbox, name="Taken over"),
        await client.get(f"{path}/clients", headers=sandbox),
        await assign(account, "library", headers=sandbox),
        await client.delete(f"{path}/clients/library", headers=sandbox),
    ]
    assert [answer.status_code for answer in answers] == [404] * 5
    refused = await client.post(ACCOUNTS, json=new_account(mode="live", processor="stripe"), headers=sandbox)
    assert (refused.status_code, refused.json()["code"]) == (403, "mode-not-held")
    assert (await change(test_account, headers=sandbox, name="Tests")).status_code == 200


async def test_another_council_and_another_scope_get_nowhere(client, mint, live, make):
    path = f"{ACCOUNTS}/{(await make())['id']}"
    other = headers_of(mint, "hillshire")
    assert (await client.get(path, headers=other)).status_code == 403
    elsewhere = path.replace("citytown", "hillshire")
    assert (await client.get(elsewhere, headers=other)).status_code == 404
    assert (
        await client.patch(elsewhere, json={"name": "X"}, headers={**other, "If-Match": "*"})
    ).status_code == 404
    reader = headers_of(mint, scopes=["payments:finance-read"])
    assert (await client.get(path, headers=reader)).status_code == 200
    assert (await client.post(ACCOUNTS, json=new_account(), headers=reader)).status_code == 403
    assert (await client.put(f"{path}/clients/x", headers=reader)).status_code == 403


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"mode": "test"}, "body.mode"),
        ({"processor": "paypal"}, "body.processor"),
        ({"processor": "stripe"}, "body.processor"),
        ({"mode": "live"}, "body.processor"),
        ({"name": ""}, "body.name"),
        ({"name": "Card 4929 4212 3460 0821"}, "body.name"),
        ({"fund": "NOSUCH"}, "body.fund"),
        ({"settings": {"address": "4929421234600821"}}, "body.settings.address"),
        ({"settings": {"vat_number": "12345"}}, "body.settings.vat_number"),
        ({"settings": {"capture_hours": 169}}, "body.settings.capture_hours"),
        ({"settings": {"corporate_credit_surcharge": -1}}, "body.settings.corporate_credit_surcharge"),
        ({"settings": {"corporate_debit_surcharge": 10_001}}, "body.settings.corporate_debit_surcharge"),
        ({"settings": {"method": "NOSUCH"}}, "body.settings.method"),
        ({"settings": {"allows_everything": True}}, "body.settings.allows_everything"),
        (
            {"mode": "live", "processor": "stripe", "settings": {"allows_moto_api": True}},
            "body.settings.allows_moto_api",
        ),
    ],
)
async def test_a_wrong_member_is_named(client, live, finance, members, field):
    response = await client.post(ACCOUNTS, json=new_account(**members), headers=live)
    assert response.status_code == 400, response.text
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert "4929" not in response.text


async def test_a_live_account_never_takes_card_numbers(make, change):
    account = await make(mode="live", processor="stripe")
    response = await change(account, settings={"allows_moto_api": True})
    assert (response.status_code, response.json()["errors"][0]["field"]) == (
        400,
        "body.settings.allows_moto_api",
    )


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("minimum_amount", 29),
        ("allows_moto", True),
        ("corporate_credit_surcharge", 1),
        ("corporate_debit_surcharge", 1),
    ],
)
async def test_a_setting_that_the_processor_cannot_have_is_named(client, live, make, change, setting, value):
    members = {"mode": "live", "processor": "stripe"}
    account = await make(**members)
    body = new_account(**members, settings={setting: value})
    for response in (
        await client.post(ACCOUNTS, json=body, headers=live),
        await change(account, settings={setting: value}),
    ):
        assert response.status_code == 400, response.text
        assert [error["field"] for error in response.json()["errors"]] == [f"body.settings.{setting}"]
    assert (await make(settings={setting: value}))["settings"][setting] == value


async def test_a_live_account_begins_with_the_least_amount_of_its_processor(make, change):
    account = await make(mode="live", processor="stripe", settings={"payment_minutes": 60})
    assert (account["settings"]["minimum_amount"], account["settings"]["payment_minutes"]) == (30, 60)
    changed = (await change(account, settings={"minimum_amount": 500})).json()
    assert (changed["settings"]["minimum_amount"], changed["settings"]["payment_minutes"]) == (500, 60)
    assert (await make())["settings"]["minimum_amount"] == 1


async def test_a_client_takes_money_for_the_account_it_was_assigned_to(
    client, live, make, make_key, assign, finance
):
    strict = await make(settings={"minimum_amount": 500})
    lenient = await make(name="Lenient")
    key = make_key(client_id="parking")
    assert (await assign(lenient, "parking")).status_code == 204
    first = await create(client, key, amount=499)
    assert (await assign(strict, "parking")).status_code == 204
    refused = await client.post(V1, json=new_payment(amount=499), headers=key)
    assert (refused.status_code, refused.json()["code"]) == (422, "P0102")
    assert (await client.get(f"{V1}/{first['payment_id']}", headers=key)).status_code == 404
    clients = await client.get(f"{ACCOUNTS}/{strict['id']}/clients", headers=live)
    assert [item["client_id"] for item in clients.json()["items"]] == ["parking"]
    assert (await client.get(f"{ACCOUNTS}/{lenient['id']}/clients", headers=live)).json()["items"] == []
    path = f"{ACCOUNTS}/{strict['id']}/clients/parking"
    assert (await client.delete(path, headers=live)).status_code == 204
    assert (await client.delete(path, headers=live)).status_code == 404
    assert (await create(client, key, amount=499))["amount"] == 499


async def test_a_client_has_one_account_of_each_mode(client, live, make, assign, make_key, database):
    for_tests, for_money = await make(), await make(mode="live", processor="stripe")
    await assign(for_tests, "both")
    await assign(for_money, "both")
    live_key = make_key(client_id="both", mode="live")
    created = await client.post(V1, json=new_payment(return_url="https://a.example"), headers=live_key)
    assert created.status_code == 201, created.text
    async with database.reading("citytown") as session:
        row = await session.first(
            text("SELECT account, mode FROM payment WHERE id = :id"),
            {"id": ids.read(created.json()["payment_id"])},
        )
    assert (ids.show(row.account), row.mode) == (for_money["id"], "live")
    assert (
        await client.get(f"{V1}/{created.json()['payment_id']}", headers=make_key("both"))
    ).status_code == 404


async def test_clients_race_for_accounts_and_each_ends_with_one(client, live, make, assign, database):
    accounts = [await make(name=f"Racing {number}") for number in range(4)]
    answers = await asyncio.gather(*(assign(account, "racer") for account in accounts * 3))
    assert {answer.status_code for answer in answers} == {204}
    async with database.reading("citytown") as session:
        count = await session.scalar(text("SELECT count(*) FROM account_client WHERE client_id = 'racer'"))
    assert count == 1


async def test_a_closed_account_takes_no_new_payment_and_finishes_what_is_begun(
    client, live, make, change, assign, make_key, payer, run_jobs
):
    account = await make(name="To be closed")
    await assign(account, "closing")
    key = make_key("closing")
    opened = await create(client, key)
    closed = await change(account, is_open=False)
    assert closed.json()["is_open"] is False
    assert closed.json()["closed_at"] is not None
    refused = await client.post(V1, json=new_payment(), headers=key)
    assert (refused.status_code, refused.json()["code"]) == (403, "P0941")
    await payer.pay(opened)
    await run_jobs()
    paid = await get(client, key, opened)
    assert paid["state"]["status"] == "success"
    refund = await client.post(f"{V1}/{paid['payment_id']}/refunds", json={"amount": 50}, headers=key)
    assert refund.status_code == 202
    assert (await change(account, is_open=True)).json()["closed_at"] is None
    assert (await create(client, key))["state"]["status"] == "created"


async def test_one_account_of_a_mode_is_the_default_one(client, live, make, change, make_key):
    key = make_key("nobody-assigned", mode="live")
    body = new_payment(return_url="https://a.example")
    unlinked = await client.post(V1, json=body, headers=key)
    assert (unlinked.status_code, unlinked.json()["code"]) == (403, "P0940")
    first = await make(mode="live", processor="stripe", is_default=True)
    assert (await client.post(V1, json=body, headers=key)).status_code == 201
    second = await make(mode="live", processor="stripe", settings={"minimum_amount": 9_999})
    assert (await change(second, is_default=True)).json()["is_default"] is True
    assert (await client.post(V1, json=body, headers=key)).json()["code"] == "P0102"
    again = (await client.get(f"{ACCOUNTS}/{first['id']}", headers=live)).json()
    assert (again["is_default"], again["version"]) == (False, 2)
    assert (await change(second, is_default=False)).status_code == 400


async def test_a_repeated_request_makes_one_account(client, live, database):
    headers = {**live, "Idempotency-Key": "make-once"}
    answers = await asyncio.gather(
        *(client.post(ACCOUNTS, json=new_account(name="Once"), headers=headers) for _ in range(4))
    )
    assert {answer.json()["id"] for answer in answers} == {answers[0].json()["id"]}
    assert sum(item["name"] == "Once" for item in await list_all(client, live)) == 1


async def test_every_act_is_in_the_audit(client, live, make, change, assign, database):
    account = await make(name="Audited")
    await change(account, settings={"address": "Guildhall, Citytown"})
    await assign(account, "audited-key")
    await client.delete(f"{ACCOUNTS}/{account['id']}/clients/audited-key", headers=live)
    async with database.reading("citytown") as session:
        rows = await audit.list_by_aggregate(
            session, "citytown", "payments.gateway_account", account["id"], None, 9, newest_first=False
        )
    assert [(row.act, row.actor_kind) for row in rows] == [
        ("account-created", "client"),
        ("account-changed", "client"),
        ("client-assigned", "client"),
        ("client-unassigned", "client"),
    ]
    assert rows[0].changes["name"] == [None, "Audited"]
    assert rows[1].changes == {"settings.address": ["", "Guildhall, Citytown"]}
    assert rows[2].changes == {"audited-key": [None, account["id"]]}
    assert rows[3].changes == {"audited-key": [account["id"], None]}


async def test_the_processor_of_a_new_account_notifies_us(make, run_jobs, database):
    account = await make(name="Notified")
    await run_jobs()
    async with database.reading("citytown") as session:
        secret = await session.scalar(
            text("SELECT webhook_secret FROM gateway_account WHERE id = :id"), {"id": ids.read(account["id"])}
        )
    assert secret is not None
