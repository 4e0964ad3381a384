"""The API of funds, rules of references, VAT codes and methods of payment: what may change, and who may."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis import ids
from services.payments.tests.funds.finance import (
    COLLECTIONS,
    headers_of,
    import_default,
    read_finance,
    url,
)

CHANGES = {
    "funds": {"name": "Renamed"},
    "reference-rules": {"help": "Renamed"},
    "vat-codes": {"name": "Renamed"},
    "payment-methods": {"disabled": True},
}


@pytest.fixture(scope="module")
async def finance(client, mint):
    """The records of citytown, as its default set has them."""
    await import_default(client, mint, "citytown", "england")
    return await read_finance(client, mint, "citytown")


@pytest.fixture(scope="module")
def live(mint):
    return headers_of(mint)


def new_fund(finance, code, **members):
    body = {
        "code": code, "name": "Allotments", "name_cy": "Rhandiroedd", "kind": "income",
        "vat_code": finance.vat_codes["E0"]["id"], "ledger_code": "7000-ALL", "valid_from": "2026-04-01",
    }  # fmt: skip
    return {**body, **members}


NEW_RULE = {"name": "Allotment", "rule": {"min_length": 6, "max_length": 6, "mask": "AL#{4}"}}
NEW_VAT = {
    "code": "H0", "name": "Hospitality", "treatment": "reduced",
    "rates": [
        {"from_date": "2030-01-01", "basis_points": 1250}, {"from_date": "2020-07-15", "basis_points": 500},
    ],
}  # fmt: skip
NEW_METHOD = {
    "code": "QR",
    "name": "Code on a poster",
    "flags": ["public", "card", "public"],
    "min_amount": 100,
}


def errors_of(response, status=400):
    assert response.status_code == status, response.text
    return {error["field"]: error["code"] for error in response.json()["errors"]}


async def send_change(client, headers, collection, record, **members):
    tag = f'"{record["version"]}"'
    return await client.patch(
        url(collection, "citytown", record["id"]), json=members, headers={**headers, "If-Match": tag}
    )


async def test_a_fund_is_added_read_and_changed(client, live, finance):
    rule = finance.reference_rules["Sundry debtor invoice"]["id"]
    response = await client.post(
        url("funds"), json=new_fund(finance, "AL", reference_rule=rule), headers=live
    )
    assert response.status_code == 201, response.text
    fund = response.json()
    assert (response.headers["ETag"], fund["version"], fund["overpay"]) == ('"1"', 1, True)
    assert response.headers["Location"] == url("funds", "citytown", fund["id"])
    members = {"reference_rule": None, "max_amount": 25_000, "valid_to": "2027-03-31"}
    changed = await send_change(client, live, "funds", fund, **members)
    assert changed.status_code == 200, changed.text
    after = await client.get(response.headers["Location"], headers=live)
    assert after.json() == changed.json()
    assert after.headers["ETag"] == '"2"'
    assert after.json() == {**fund, **members, "version": 2, "updated_at": after.json()["updated_at"]}


async def test_a_rule_a_vat_code_and_a_method_are_added(client, live):
    rule = (await client.post(url("reference-rules"), json=NEW_RULE, headers=live)).json()
    assert (rule["rule"]["mask"], rule["rule"]["check"]) == ("AL#{4}", None)
    vat = (await client.post(url("vat-codes"), json=NEW_VAT, headers=live)).json()
    assert [rate["from_date"] for rate in vat["rates"]] == ["2020-07-15", "2030-01-01"]
    method = (await client.post(url("payment-methods"), json=NEW_METHOD, headers=live)).json()
    assert (method["flags"], method["min_amount"], method["max_amount"]) == (["card", "public"], 100, None)


async def test_a_repeated_post_adds_one_record(client, live, finance):
    headers = {**live, "Idempotency-Key": "one-fund"}
    answers = await asyncio.gather(
        *(client.post(url("funds"), json=new_fund(finance, "ONCE"), headers=headers) for _ in range(3))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_of_two_who_add_one_code_at_once_one_is_refused(client, live, finance):
    answers = await asyncio.gather(
        *(client.post(url("funds"), json=new_fund(finance, "RACE"), headers=live) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_a_code_is_free_again_after_its_fund_has_ended(client, live, finance):
    first = await client.post(
        url("funds"), json=new_fund(finance, "ENDS", valid_to="2026-12-31"), headers=live
    )
    overlapping = await client.post(
        url("funds"), json=new_fund(finance, "ENDS", valid_from="2026-12-31"), headers=live
    )
    assert (overlapping.status_code, overlapping.json()["code"]) == (409, "code-taken")
    after = await client.post(
        url("funds"), json=new_fund(finance, "ENDS", valid_from="2027-01-01"), headers=live
    )
    assert after.status_code == 201, after.text
    longer = await send_change(client, live, "funds", first.json(), valid_to=None)
    assert (longer.status_code, longer.json()["code"]) == (409, "code-taken")
    shorter = await send_change(client, live, "funds", first.json(), valid_to="2026-11-30")
    assert shorter.status_code == 200


@pytest.mark.parametrize(
    ("collection", "body", "code"),
    [
        ("reference-rules", {**NEW_RULE, "name": "Housing rents"}, "name-taken"),
        ("vat-codes", {**NEW_VAT, "code": "W0"}, "code-taken"),
        ("payment-methods", {**NEW_METHOD, "code": "DD"}, "code-taken"),
    ],
)
async def test_a_name_that_is_taken_is_refused(client, live, finance, collection, body, code):
    response = await client.post(url(collection), json=body, headers=live)
    assert (response.status_code, response.json()["code"]) == (409, code)


async def test_a_rate_that_has_begun_stays(client, live, finance, set_clock):
    set_clock("2026-11-30T12:00:00Z")
    record = finance.vat_codes["R0"]
    [rate] = record["rates"]
    for rates in (
        [{**rate, "basis_points": 600}],
        [{"from_date": "2027-01-01", "basis_points": 600}],
        [rate, {"from_date": "2026-11-29", "basis_points": 600}],
    ):
        response = await send_change(client, live, "vat-codes", record, rates=rates)
        assert errors_of(response) == {"body.rates": "rate_has_begun"}
    later = [{"from_date": "2027-01-01", "basis_points": 600}, rate]
    response = await send_change(client, live, "vat-codes", record, rates=later)
    assert (response.status_code, response.json()["rates"]) == (200, later[::-1])


async def test_a_rate_begins_on_the_local_day(client, live, set_clock):
    set_clock("2026-07-31T23:30:00Z")  # 1 August in London
    body = {**NEW_VAT, "code": "S1", "rates": [{"from_date": "2026-08-01", "basis_points": 500}]}
    record = (await client.post(url("vat-codes"), json=body, headers=live)).json()
    corrected = [{"from_date": "2026-08-01", "basis_points": 600}]
    assert (await send_change(client, live, "vat-codes", record, rates=corrected)).status_code == 200
    set_clock("2026-08-01T23:30:00Z")
    response = await send_change(client, live, "vat-codes", {**record, "version": 2}, rates=body["rates"])
    assert errors_of(response) == {"body.rates": "rate_has_begun"}


@pytest.mark.parametrize("collection", COLLECTIONS)
async def test_a_change_takes_the_version_it_is_for(client, live, finance, collection):
    record = list(getattr(finance, collection.replace("-", "_")).values())[-1]
    path = url(collection, "citytown", record["id"])
    assert (await client.patch(path, json=CHANGES[collection], headers=live)).status_code == 428
    stale = await client.patch(path, json=CHANGES[collection], headers={**live, "If-Match": '"7"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "version-changed")
    answers = await asyncio.gather(
        *(send_change(client, live, collection, record, **CHANGES[collection]) for _ in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
    unchanged = {**record, **CHANGES[collection]}
    changed = (await client.get(path, headers=live)).json()
    assert changed == {**unchanged, "version": 2, "updated_at": changed["updated_at"]}


@pytest.mark.parametrize("collection", COLLECTIONS)
async def test_a_list_is_read_in_pages(client, live, finance, collection):
    record_ids, after = [], None
    while True:
        query = {"limit": 5} | ({"after": after} if after else {})
        page = (await client.get(url(collection), params=query, headers=live)).json()
        record_ids += [item["id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert record_ids == sorted(set(record_ids))
    assert set(record_ids) >= {item["id"] for item in getattr(finance, collection.replace("-", "_")).values()}
    foreign = await client.get(url(collection), params={"after": "WzFd"}, headers=live)
    assert errors_of(foreign) == {"query.after": "bad_cursor"}


@pytest.mark.parametrize("collection", COLLECTIONS)
async def test_another_council_sees_and_changes_nothing(client, mint, finance, collection):
    record = next(iter(getattr(finance, collection.replace("-", "_")).values()))
    neighbour = headers_of(mint, "hillshire")
    for path in (url(collection), url(collection, "citytown", record["id"])):
        assert (await client.get(path, headers=neighbour)).status_code == 403
    path = url(collection, "hillshire", record["id"])
    assert (await client.get(path, headers=neighbour)).status_code == 404
    changed = await client.patch(path, json=CHANGES[collection], headers={**neighbour, "If-Match": "*"})
    assert changed.status_code == 404


@pytest.mark.parametrize("collection", COLLECTIONS)
async def test_the_scopes_say_who_may(client, mint, finance, collection):
    record = next(iter(getattr(finance, collection.replace("-", "_")).values()))
    path = url(collection, "citytown", record["id"])
    reader, outsider = (
        headers_of(mint, scopes=[scope]) for scope in ("payments:finance-read", "payments:read")
    )
    assert (await client.get(path, headers=reader)).status_code == 200
    assert (await client.get(path, headers=outsider)).status_code == 403
    assert (await client.get(url(collection))).status_code == 401
    change = {"json": CHANGES[collection], "headers": {**reader, "If-Match": "*"}}
    assert (await client.patch(path, **change)).status_code == 403


async def test_a_sandbox_credential_changes_no_live_funds(client, mint, finance):
    sandbox = headers_of(mint, mode="sandbox")
    fund = finance.funds["23"]
    requests = [
        client.post(url("funds"), json=new_fund(finance, "SAND"), headers=sandbox),
        client.post(url("imports"), json={"default": "wales"}, headers=sandbox),
        client.post(url("vat-codes"), json={**NEW_VAT, "code": "SAND"}, headers=sandbox),
        send_change(client, sandbox, "funds", fund, name="x"),
    ]
    for request in requests:
        response = await request
        assert (response.status_code, response.json()["code"]) == (403, "mode-not-held")
    assert (await client.get(url("funds"), headers=sandbox)).status_code == 200


async def test_what_a_fund_names_must_be_the_councils(client, live, finance, mint):
    await import_default(client, mint, "hillshire", "scotland")
    foreign = await read_finance(client, mint, "hillshire")
    vat, rule = foreign.vat_codes["N0"]["id"], foreign.reference_rules["Housing rents"]["id"]
    for members in ({"vat_code": vat}, {"reference_rule": rule}, {"vat_code": ids.show(ids.new())}):
        response = await client.post(url("funds"), json=new_fund(finance, "FRGN", **members), headers=live)
        assert errors_of(response) == {f"body.{next(iter(members))}": "not_possible"}


@pytest.mark.parametrize(
    ("collection", "members"),
    [
        ("funds", {"code": "long-code"}), ("funds", {"code": ""}), ("funds", {"kind": "gift"}),
        ("funds", {"max_amount": 0}), ("funds", {"max_amount": 10**30}), ("funds", {"max_amount": 1.5}),
        ("funds", {"valid_to": "2026-03-31"}), ("funds", {"valid_from": "0001-01-01"}),
        ("funds", {"valid_from": "31/12/2026"}), ("funds", {"ledger_code": "x" * 41}),
        ("funds", {"ledger_code": "a\x00b"}), ("funds", {"name": "a\x00"}), ("funds", {"name": " "}),
        ("funds", {"retention_months": 601}), ("funds", {"vat_code": "N0"}), ("funds", {"council": "x"}),
        ("funds", {"kind": "suspense", "max_amount": 5}), ("funds", {"refund_spread": None}),
        ("reference-rules", {"rule": {"min_length": 9, "max_length": 9, "mask": "(a+)+$"}}),
        ("reference-rules", {"rule": {"min_length": 16, "max_length": 16, "mask": "#{16}"}}),
        ("reference-rules", {"rule": {"min_length": 9, "max_length": 9, "mask": "#" * 10_000}}),
        ("reference-rules", {"rule": {"min_length": 2, "max_length": 2, "check": {
            "kind": "weighted_sum", "weights": [10**40, 0], "modulus": 11}}}),
        ("reference-rules", {"rule": []}), ("reference-rules", {"help": "x" * 301}),
        ("vat-codes", {"rates": []}), ("vat-codes", {"rates": [NEW_VAT["rates"][0]] * 2}),
        ("vat-codes", {"rates": [{"from_date": "2020-01-01", "basis_points": 10_001}]}),
        ("vat-codes", {"treatment": "free"}),
        ("payment-methods", {"flags": ["nonsense"]}), ("payment-methods", {"min_amount": -1}),
        ("payment-methods", {"max_amount": 99}), ("payment-methods", {"flags": ["cash"] * 16}),
    ],
)  # fmt: skip
async def test_what_cannot_be_stored_is_refused_with_its_place(client, live, finance, collection, members):
    bodies = {
        "funds": new_fund(finance, "BAD"), "reference-rules": {**NEW_RULE, "name": "Bad"},
        "vat-codes": {**NEW_VAT, "code": "BAD"}, "payment-methods": {**NEW_METHOD, "code": "BAD"},
    }  # fmt: skip
    response = await client.post(url(collection), json={**bodies[collection], **members}, headers=live)
    fields = errors_of(response)
    assert fields
    assert all(field.startswith("body") for field in fields)


@pytest.mark.parametrize(
    ("collection", "members"),
    [
        ("funds", {}), ("funds", {"name": None}), ("funds", {"vat_code": None}), ("funds", {"code": "99"}),
        ("funds", {"valid_to": "1999-01-01"}), ("reference-rules", {"rule": None}),
        ("vat-codes", {"rates": None}), ("vat-codes", {"treatment": "zero"}),
        ("payment-methods", {"flags": None}),
    ],
)  # fmt: skip
async def test_a_change_keeps_what_a_record_must_have(client, live, finance, collection, members):
    record = list(getattr(finance, collection.replace("-", "_")).values())[2]
    response = await send_change(client, live, collection, record, **members)
    assert errors_of(response)


async def test_a_council_may_have_so_many_funds_and_no_more(client, live, finance, monkeypatch):
    monkeypatch.setattr("payments.funds.actions.records.MAX_RECORDS", 3)
    response = await client.post(url("funds"), json=new_fund(finance, "MANY"), headers=live)
    assert (response.status_code, response.json()["code"]) == (409, "too-many-records")


async def test_the_database_itself_shows_each_council_its_own(database, finance):
    tables = ("fund", "reference_rule", "vat_code", "vat_rate", "payment_method")
    for table in tables:
        async with database.reading("citytown") as session:
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) > 0
            assert (
                await session.scalar(text(f"SELECT count(*) FROM {table} WHERE council <> 'citytown'")) == 0
            )
        async with database.reading("elsewhere") as session:
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 0
        async with database.writing("elsewhere") as session:
            with pytest.raises(DBAPIError, match="row-level security"):
                await session.execute(
                    text(
                        f"INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, "
                        '\'{"council": "citytown"}\')).*'
                    )
                )
