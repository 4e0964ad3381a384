"""Imports of finance data by the API and the command, and the check of a reference against them."""

import json

import pytest
from sqlalchemy import text

from chassis.commands import CommandError, ExitCode
from payments.funds.actions import commands, imports
from services.payments.tests.funds.finance import headers_of, import_default, read_finance, url

SMALL = {
    "vat_codes": [{"code": "N0", "name": "None", "treatment": "outside_scope",
                   "rates": [{"from_date": "1973-04-01", "basis_points": None}]}],
    "reference_rules": [{"name": "Conwy invoice",
                         "rule": {"min_length": 9, "max_length": 9, "mask": "2#{8}"}}],
    "funds": [{"code": "INV", "name": "Invoices", "name_cy": "Anfonebau", "kind": "debtor",
               "reference_rule": "Conwy invoice", "vat_code": "N0", "ledger_code": "1"}],
}  # fmt: skip
COUNTS = {"vat_codes": 7, "reference_rules": 11, "payment_methods": 24, "funds": 16}


@pytest.fixture(autouse=True)
async def empty_councils(database):
    """Each test imports into councils without finance data."""
    yield
    async with database.writing() as session:
        await session.set_all_councils()
        for table in ("fund", "reference_rule", "vat_rate", "vat_code", "payment_method", "idempotency"):
            await session.execute(text(f"DELETE FROM {table}"))


async def send(client, mint, body, council="citytown", **headers):
    return await client.post(url("imports", council), json=body, headers=headers_of(mint, council) | headers)


async def test_the_default_set_is_taken_over_once(client, mint):
    assert (await import_default(client, mint, "citytown", "england"))["added"] == COUNTS
    again = await import_default(client, mint, "citytown", "england")
    assert again == {"added": dict.fromkeys(COUNTS, 0), "existing": COUNTS}


@pytest.mark.parametrize(
    ("nation", "code"), [("england", "W0"), ("wales", "W0"), ("scotland", "N0"), ("northern_ireland", "N0")]
)
def test_building_control_has_vat_in_england_and_wales_only(nation, code):
    [fund] = [fund for fund in imports.read_default(nation).funds if fund.code == "31"]
    assert fund.vat_code == code


async def test_a_councils_own_set_names_rules_and_vat_codes_by_name(client, mint):
    response = await send(client, mint, SMALL, "hillshire")
    assert response.status_code == 201, response.text
    finance = await read_finance(client, mint, "hillshire")
    fund = finance.funds["INV"]
    assert fund["reference_rule"] == finance.reference_rules["Conwy invoice"]["id"]
    assert fund["vat_code"] == finance.vat_codes["N0"]["id"]


async def test_what_the_council_has_changed_stays(client, mint):
    await import_default(client, mint, "hillshire", "england")
    fund = (await read_finance(client, mint, "hillshire")).funds["GW"]
    headers = headers_of(mint, "hillshire") | {"If-Match": '"1"'}
    await client.patch(url("funds", "hillshire", fund["id"]), json={"name": "Green bins"}, headers=headers)
    await import_default(client, mint, "hillshire", "england")
    assert (await read_finance(client, mint, "hillshire")).funds["GW"]["name"] == "Green bins"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"funds": [{**SMALL["funds"][0], "vat_code": "Q9"}]}, "body.funds.0.vat_code"),
        ({"funds": [{**SMALL["funds"][0], "reference_rule": "None such"}]}, "body.funds.0.reference_rule"),
        ({"funds": [{**SMALL["funds"][0], "kind": "suspense"}]}, "body.funds.0.kind"),
        ({"funds": [{**SMALL["funds"][0], "valid_from": "2026-02-01", "valid_to": "2026-01-01"}]},
         "body.funds.0.valid_to"),
        ({"vat_codes": SMALL["vat_codes"] * 2}, "body.vat_codes.1.code"),
        ({"funds": SMALL["funds"] * 501}, "body.funds"),
        ({"default": "england"}, "body"),
        ({"default": "france"}, "body.default"),
        ({"payment_methods": [{"code": "1", "name": "x", "min_amount": 2, "max_amount": 1}]},
         "body.payment_methods.0.max_amount"),
    ],
)  # fmt: skip
async def test_a_set_with_one_fault_imports_nothing(client, mint, changes, field):
    response = await send(client, mint, {**SMALL, **changes}, "hillshire")
    assert response.status_code == 400, response.text
    assert field in [error["field"] for error in response.json()["errors"]]
    assert not (await read_finance(client, mint, "hillshire")).vat_codes


async def test_an_import_needs_the_scope_to_change_and_some_data(client, mint):
    reader = headers_of(mint, scopes=["payments:finance-read"])
    assert (await client.post(url("imports"), json={"default": "wales"}, headers=reader)).status_code == 403
    assert (await send(client, mint, {})).status_code == 400


async def check(client, mint, code, reference, council="hillshire"):
    fund = (await read_finance(client, mint, council)).funds[code]
    path = url("funds", council, fund["id"], "references", "check")
    response = await client.post(path, json={"reference": reference}, headers=headers_of(mint, council))
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize(
    ("code", "reference", "expected"),
    [
        ("23", " 800 123-459 ", (True, "800123459", None)),
        ("23", "800123458", (False, "800123458", "wrong_check_digit")),
        ("5", "00123456782", (True, "00123456782", None)),
        ("11", "bj12345673", (True, "BJ12345673", None)),
        ("2R", "FP1234567A", (True, "FP1234567A", None)),
        ("5M", "23901001234568", (True, "23901001234568", None)),
        ("19", "9123456789", (True, "9123456789", None)),
        ("25", "71234567", (True, "71234567", None)),
        ("32", "24/01234/FUL", (True, "24/01234/FUL", None)),
        ("32", "4242 4242 4242 4242", (False, "", "card_number")),
        ("GW", "anything", (True, "anything", None)),
        ("23", "\x00\u202e\U0001f600" * 80, (False, "\U0001f600" * 80, "too_long")),
    ],
)
async def test_a_reference_is_checked_before_somebody_pays(client, mint, code, reference, expected):
    await import_default(client, mint, "hillshire", "wales")
    answer = await check(client, mint, code, reference)
    assert (answer["right"], answer["reference"], answer["code"]) == expected
    assert answer["right"] == ("This is a reference" in answer["message"])


async def test_a_wrong_reference_is_answered_with_the_way_out_in_both_languages(client, mint):
    await import_default(client, mint, "hillshire", "wales")
    answer = await check(client, mint, "23", "800123458")
    assert answer["message"].startswith("This is not a reference of Council tax: it is mistyped")
    assert answer["message"].endswith(answer["help"])
    assert (answer["help"], answer["help_cy"]) == (
        "It has 9 digits and is on your bill.",
        "Mae ganddo 9 digid ac mae ar eich bil.",
    )


async def test_a_fund_that_has_ended_takes_no_reference(client, mint, set_clock):
    await import_default(client, mint, "hillshire", "wales")
    fund = (await read_finance(client, mint, "hillshire")).funds["23"]
    path = url("funds", "hillshire", fund["id"])
    headers = headers_of(mint, "hillshire")
    await client.patch(path, json={"valid_to": fund["valid_from"]}, headers=headers | {"If-Match": '"1"'})
    set_clock("2027-12-01T12:00:00Z")
    later = headers_of(mint, "hillshire", iat=1_827_648_000, exp=1_859_270_400)
    response = await client.post(f"{path}/references/check", json={"reference": "800123459"}, headers=later)
    assert response.status_code == 404


async def test_the_command_imports_a_default_set(settings, client, mint, capsys):
    for added in (16, 0):
        arguments = ["--council", "hillshire", "--default", "scotland"]
        assert await commands.import_funds(settings, arguments) == ExitCode.DONE
        summary = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert (summary["outcome"], summary["added"]["funds"]) == ("imported", added)
    assert len((await read_finance(client, mint, "hillshire")).funds) == 16
    with pytest.raises(CommandError, match="elsewhere is not known here"):
        await commands.import_funds(settings, ["--council", "elsewhere", "--default", "scotland"])


async def test_the_command_imports_a_councils_own_file(settings, client, mint, tmp_path):
    file = tmp_path / "funds.json"
    file.write_text(json.dumps(SMALL))
    assert await commands.import_funds(settings, ["--council", "hillshire", "--file", str(file)]) == 0
    assert list((await read_finance(client, mint, "hillshire")).funds) == ["INV"]


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        ("{", ExitCode.REFUSED, "not JSON"),
        ("{}", ExitCode.REFUSED, "give default, or some data"),
        ('{"funds": [{}]}', ExitCode.REFUSED, "funds.0.code"),
        (json.dumps({"funds": SMALL["funds"]}), ExitCode.REFUSED, "funds.0.vat_code is no VAT code"),
        (None, ExitCode.USAGE, "cannot be read"),
    ],
)
async def test_the_command_says_what_is_wrong_with_a_file(settings, tmp_path, content, code, message):
    file = tmp_path / "funds.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(CommandError, match=message) as caught:
        await commands.import_funds(settings, ["--council", "hillshire", "--file", str(file)])
    assert caught.value.code == code
