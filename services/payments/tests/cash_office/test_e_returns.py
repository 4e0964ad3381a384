"""E-returns: drawn up by one person, authorised by another, posted once."""

import asyncio

import pytest
from sqlalchemy import text

from chassis import ids
from payments.shared.days import today
from services.payments.tests.cash_office.counter import API, APPROVE, CHEQUE, changed, new_id
from services.payments.tests.reconciliation.lines import Line

_NUMBERS = iter(range(700_001, 799_999))


@pytest.fixture
def make_template(client, finance, office, funds):
    async def make(kind="cash", **members):
        rows = [
            {"fund": funds["13"], "label": "Photocopies"},
            {"fund": funds["23"], "label": "Council tax"},
        ]
        body = {"office": office, "name": "Library", "kind": kind, "rows": rows, **members}
        response = await client.post(f"{API}/e-return-templates", json=body, headers=finance)
        assert response.status_code == 201, response.text
        return response.json()

    return make


def content(kind="cash", **members):
    number = str(next(_NUMBERS))
    lines = [
        {"row": 1, "amount": 1_200},
        {"row": 2, "amount": 5_000, "reference": "800123459"},
    ]
    if kind == "cheque":
        lines = [{**line, "cheque": {**CHEQUE, "number": f"{n}{number}"}} for n, line in enumerate(lines, 1)]
    body = {"number": number, "banked_on": today().isoformat(), "lines": lines}
    if kind == "cash":
        body["counted"] = {"2000": 3, "200": 1}
    return {**body, **members}


async def draft(cashier, template, **members):
    response = await cashier.send(
        "POST", "/e-returns", {"template": template["id"], **content(template["kind"], **members)}
    )
    assert response.status_code == 201, response.text
    return response.json()


async def act(cashier, record, path, body=None, version=None):
    version = version or (await cashier.get(f"/e-returns/{record['id']}"))["version"]
    return await cashier.send(
        "POST", f"/e-returns/{record['id']}/{path}", body, **{"If-Match": f'"{version}"'}
    )


async def test_cash_that_a_service_banked_is_posted_when_another_person_authorises_it(
    ann, bob, make_template, balance_of, bank
):
    before = await balance_of()
    record = await draft(ann, await make_template())
    assert (await act(ann, record, "submit")).json()["status"] == "submitted"
    assert await balance_of() == before
    assert (await act(ann, record, "authorise")).status_code == 403
    authorised = await act(bob, record, "authorise")
    assert (authorised.status_code, authorised.json()["status"]) == (200, "authorised")
    posted = await balance_of()
    assert changed(before, posted) == {"transit": [6_200], "fund": [-5_000, -1_000], "vat": [-200]}
    loaded = await bank.load([Line(6_200, f"CASH {record['number']}")], number=50)
    assert loaded.status_code == 201, loaded.text
    assert changed(posted, await balance_of()) == {"transit": [-6_200], "bank": [6_200]}
    bag = await ann.get(f"/bags/{authorised.json()['bag']}")
    assert (bag["number"], bag["cash"], bag["in_transit"]) == (record["number"], 6_200, 0)


async def test_each_cheque_of_an_e_return_is_a_receipt_that_can_come_back(
    ann, bob, make_template, balance_of, database
):
    record = await draft(ann, await make_template("cheque"))
    assert record["lines"][0]["cheque"]["payer_name"] == "Ann Payer"
    await act(ann, record, "submit")
    authorised = await act(bob, record, "authorise")
    assert authorised.status_code == 200, authorised.text
    assert authorised.json()["lines"][0]["cheque"] is None  # kept with the receipt alone
    async with database.reading("citytown") as session:
        receipts = await session.all(
            text("SELECT r.id, c.payer_name FROM counter_receipt r JOIN cheque c ON c.receipt = r.id "
                 "WHERE r.e_return = (SELECT id FROM e_return WHERE bag_number = :number) ORDER BY r.amount"),
            {"number": record["number"]},
        )  # fmt: skip
    assert [row.payer_name for row in receipts] == ["Ann Payer", "Ann Payer"]
    before = await balance_of()
    listed = await ann.get("/bags", kind="returned-cheque")
    path = f"/receipts/{ids.show(receipts[0].id)}/cheque-return"
    returned = await ann.send("POST", path, {"returned_on": record["banked_on"]})
    assert returned.status_code == 200, returned.text
    assert changed(before, await balance_of()) == {"fund": [1_000], "vat": [200], "transit": [-1_200]}
    assert len((await ann.get("/bags", kind="returned-cheque"))["items"]) == len(listed["items"]) + 1


async def test_who_made_changed_or_submitted_it_never_authorises_it(ann, make_cashier, make_template):
    makers = {
        name: make_cashier(f"{name}-{ann.office}", APPROVE) for name in ("maker", "changer", "submitter")
    }
    record = await draft(makers["maker"], await make_template())
    mended = await makers["changer"].send(
        "PUT", f"/e-returns/{record['id']}", content(), **{"If-Match": f'"{record["version"]}"'}
    )
    assert mended.status_code == 200, mended.text
    await act(makers["submitter"], record, "submit")
    for cashier in makers.values():
        refused = await act(cashier, record, "authorise")
        assert (refused.status_code, refused.json()["code"]) == (403, "own-e-return")
        assert (await act(cashier, record, "return", {"answer": "no"})).status_code == 403
    without_scope = make_cashier("somebody")
    assert (await act(without_scope, record, "authorise")).json()["code"] == "missing-scope"


async def test_one_that_is_sent_back_keeps_the_reason_and_is_mended(ann, bob, make_template):
    record = await draft(ann, await make_template())
    await act(ann, record, "submit")
    stale = content()
    assert (
        await ann.send("PUT", f"/e-returns/{record['id']}", stale, **{"If-Match": '"2"'})
    ).status_code == 409
    returned = (await act(bob, record, "return", {"answer": "Which machine?"})).json()
    assert (returned["status"], returned["answer"]) == ("returned", "Which machine?")
    old = await ann.send("PUT", f"/e-returns/{record['id']}", stale, **{"If-Match": '"1"'})
    assert old.status_code == 412
    current = {"If-Match": f'"{returned["version"]}"'}
    assert (await ann.send("PUT", f"/e-returns/{record['id']}", stale, **current)).status_code == 200
    await act(ann, record, "submit")
    assert (await act(bob, record, "authorise")).status_code == 200
    for path, body in (("submit", None), ("void", {"answer": "x"}), ("authorise", None)):
        assert (await act(bob, record, path, body)).status_code == 409


async def test_a_void_forgets_the_payers(ann, make_template):
    record = await draft(ann, await make_template("cheque"))
    voided = (await act(ann, record, "void", {"answer": "Listed twice"})).json()
    assert voided["status"] == "voided"
    assert [line["cheque"] for line in voided["lines"]] == [None, None]


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({"counted": {"2000": 3}}, 422),
        ({"counted": {"3": 1}}, 400),
        ({"banked_on": "2999-01-01"}, 422),
        ({"lines": [{"row": 3, "amount": 6_200}]}, 400),
        ({"lines": [{"row": 2, "amount": 6_200, "reference": "800123450"}]}, 422),
        ({"number": "4111111111111111"}, 400),
        ({"lines": [{"row": 1, "amount": 6_200, "narrative": "4111 1111 1111 1111"}]}, 422),
        ({"counted": None}, 400),
    ],
)
async def test_one_that_does_not_add_up_is_refused(ann, make_template, members, status):
    template = await make_template()
    body = {"template": template["id"], **content(**members)}
    response = await ann.send("POST", "/e-returns", body)
    assert response.status_code == status, response.text


async def test_two_who_authorise_at_once_post_once(ann, bob, make_cashier, make_template, balance_of):
    record = await draft(ann, await make_template())
    await act(ann, record, "submit")
    before = await balance_of()
    version = (await ann.get(f"/e-returns/{record['id']}"))["version"]
    carol = make_cashier("carol", APPROVE)
    answers = await asyncio.gather(
        *(act(checker, record, "authorise", version=version) for checker in (bob, carol, bob))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
    assert changed(before, await balance_of()) == {
        "transit": [6_200],
        "fund": [-5_000, -1_000],
        "vat": [-200],
    }


async def test_a_paying_in_number_that_is_used_is_refused_when_it_is_posted(ann, bob, make_template):
    template = await make_template()
    first, second = await draft(ann, template), None
    await act(ann, first, "submit")
    await act(bob, first, "authorise")
    second = await draft(ann, template, number=first["number"])
    await act(ann, second, "submit")
    refused = await act(bob, second, "authorise")
    assert (refused.status_code, refused.json()["code"]) == (409, "number-used")


async def test_the_same_e_return_sent_again_is_one(ann, make_template):
    template = await make_template()
    body = {"template": template["id"], "id": new_id(), **content()}
    answers = await asyncio.gather(*(ann.send("POST", "/e-returns", body) for _ in range(4)))
    assert {(answer.status_code, answer.json()["id"]) for answer in answers} == {(201, body["id"])}
