"""Baskets: the worked examples of ``council-finance`` sections 3, 5 and 11, and every way to be refused."""

import asyncio
from dataclasses import asdict
from datetime import date
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from chassis import ids
from chassis.problems import Problem
from payments.funds.actions import baskets, imports
from payments.funds.rules.charts import SUSPENSE
from payments.funds.schemas.baskets import NewLine
from payments.funds.schemas.imports import FinanceSet
from payments.funds.store import charts
from services.payments.tests.funds.finance import headers_of, read_finance, url

TODAY = date(2026, 11, 30)
CARD = "4242 4242 4242 4242"
TAX = {"fund": "23", "amount": 5_000, "reference": "800 123 459"}
TICKET = {"fund": "13", "amount": 4_500, "ledger_code": "PARKING"}
GARDEN = {"fund": "GW", "amount": 1_950}


@pytest.fixture(scope="module")
async def councils(client, mint, database):
    """Both demonstration councils: citytown in England, hillshire in Scotland."""
    for council, nation in (("citytown", "england"), ("hillshire", "scotland")):
        async with database.writing(council) as session:
            finance_set = FinanceSet(default=nation)
            await imports.apply_set(session, council, "test", finance_set, date(2026, 1, 1))
    return SimpleNamespace(
        citytown=await read_finance(client, mint, "citytown"),
        hillshire=await read_finance(client, mint, "hillshire"),
    )


@pytest.fixture(scope="module")
async def chart(database, councils):
    async with database.reading("citytown") as session:
        return await baskets.read_chart(session, "citytown", TODAY)


@pytest.fixture
def resolve(database, councils):
    async def resolve_lines(*lines, council="citytown", amount=None, day=TODAY, **options):
        requested = [NewLine.model_validate(line) for line in lines] or None
        total = sum(line["amount"] for line in lines) if amount is None else amount
        async with database.writing(council) as session:
            return await baskets.resolve_basket(
                session, council, day, amount=total, lines=requested, **options
            )

    return resolve_lines


async def faults_of(awaitable):
    with pytest.raises(Problem) as caught:
        await awaitable
    assert (caught.value.status_code, caught.value.code) == (422, "basket-refused")
    return [(error.field, error.code) for error in caught.value.errors]


async def test_the_basket_of_the_first_worked_example(resolve):
    basket = await resolve(TAX, TICKET, GARDEN, amount=11_450)
    assert [(line.fund_code, line.ledger_code, line.reference, line.vat_code, line.basis_points, line.amount,
             line.vat) for line in basket.lines] == [
        ("23", "1000-CTAX", "800123459", "N0", None, 5_000, 0),
        ("13", "PARKING", "", "W0", 2000, 4_500, 750),
        ("GW", "6100-GDN", "", "N0", None, 1_950, 0),
    ]  # fmt: skip


async def test_building_control_has_vat_in_england_and_none_in_scotland(resolve):
    line = {"fund": "31", "amount": 12_000, "reference": "24/01234/BC"}
    [english] = (await resolve(line, council="citytown")).lines
    [scottish] = (await resolve(line, council="hillshire")).lines
    assert (english.vat_treatment, english.basis_points, english.vat) == ("standard", 2000, 2_000)
    assert (scottish.vat_treatment, scottish.basis_points, scottish.vat) == ("outside_scope", None, 0)


async def test_a_fund_is_named_by_its_id_too(resolve, councils):
    [line] = (await resolve({**TAX, "fund": councils.citytown.funds["23"]["id"]})).lines
    assert (ids.show(line.fund_id), ids.show(line.vat_code_id)) == (
        councils.citytown.funds["23"]["id"],
        councils.citytown.vat_codes["N0"]["id"],
    )
    assert (line.refund_spread, line.retention_months) == ("last_line_first", 24)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ({**TAX, "reference": "800123458"}, ("reference", "wrong_check_digit")),
        ({**TAX, "reference": ""}, ("reference", "too_short")),
        ({**TAX, "reference": CARD}, ("reference", "too_long")),
        ({**GARDEN, "reference": CARD}, ("reference", "card_number")),
        ({**GARDEN, "narrative": f"paid with {CARD}"}, ("narrative", "card_number")),
        ({**GARDEN, "amount": 50_001}, ("amount", "too_much")),
        ({**TAX, "fund": "99"}, ("fund", "no_fund")),
        ({**GARDEN, "fund": "SP"}, ("fund", "not_open")),
        ({**GARDEN, "fund": "XT"}, ("fund", "not_open")),
        ({**GARDEN, "vat_code": "W0"}, ("vat_code", "fixed_vat_code")),
        ({**TICKET, "vat_code": "Q9"}, ("vat_code", "no_vat_code")),
        ({**TICKET, "vat": 748}, ("vat", "wrong_vat")),
        ({**TICKET, "vat": 752}, ("vat", "wrong_vat")),
        ({**GARDEN, "vat": 1}, ("vat", "wrong_vat")),
    ],
)
async def test_one_wrong_line_refuses_the_basket_and_its_place_is_named(resolve, line, fault):
    other = {"fund": "5", "amount": 100, "reference": "00123456782"}
    assert await faults_of(resolve(other, line)) == [(f"lines.1.{fault[0]}", fault[1])]


async def test_every_fault_of_a_basket_is_named_at_once(resolve):
    wrong = {**TAX, "reference": "800123458"}
    faults = await faults_of(resolve(wrong, {**GARDEN, "fund": "99"}, {**TICKET, "vat": 1}, amount=1))
    assert faults == [
        ("lines.0.reference", "wrong_check_digit"), ("lines.1.fund", "no_fund"),
        ("lines.2.vat", "wrong_vat"), ("lines", "wrong_sum"),
    ]  # fmt: skip


@pytest.mark.parametrize("amount", [4_999, 5_001])
async def test_the_lines_sum_to_the_amount(resolve, amount):
    assert await faults_of(resolve(TAX, amount=amount)) == [("lines", "wrong_sum")]


async def test_a_repeated_reference_is_looked_for_in_a_basket_without_other_faults(resolve):
    wrong = {**TAX, "reference": "800123458"}
    assert await faults_of(resolve(wrong, TAX, TAX)) == [("lines.0.reference", "wrong_check_digit")]


async def test_a_fund_takes_money_on_its_last_day_and_not_after(client, mint, councils, resolve):
    path = url("funds", "hillshire", councils.hillshire.funds["52"]["id"])
    headers = headers_of(mint, "hillshire") | {"If-Match": '"1"'}
    response = await client.patch(path, json={"valid_to": "2026-12-31"}, headers=headers)
    assert response.status_code == 200
    line = {"fund": "52", "amount": 1_500}
    [last] = (await resolve(line, council="hillshire", day=date(2026, 12, 31))).lines
    assert (last.vat_treatment, last.vat) == ("exempt", 0)
    after = resolve(line, council="hillshire", day=date(2027, 1, 1))
    assert await faults_of(after) == [("lines.0.fund", "no_fund")]


async def test_a_fault_neither_repeats_a_card_number_nor_says_who_owes(resolve):
    for reference in (CARD, "123456781"):
        with pytest.raises(Problem) as caught:
            await resolve({**TAX, "reference": reference})
        answer = caught.value.detail + "".join(error.message for error in caught.value.errors)
        assert "not a reference of Council tax" in answer
        assert "It has 9 digits and is on your bill." in answer
        assert "4242" not in answer


@pytest.mark.parametrize("penny", [-1, 0, 1])
async def test_a_callers_own_vat_may_be_a_penny_off(resolve, penny):
    [line] = (await resolve({**TICKET, "vat": 750 + penny})).lines
    assert line.vat == 750 + penny


async def test_a_line_names_another_vat_code_where_its_fund_allows_that(resolve):
    [line] = (await resolve({**TICKET, "vat_code": "Z0"})).lines
    assert (line.vat_code, line.vat_treatment, line.basis_points, line.vat) == ("Z0", "zero", 0, 0)


async def test_the_public_does_not_pay_one_reference_twice_and_staff_may(resolve):
    again = {**TAX, "reference": "800123459 "}
    assert await faults_of(resolve(TAX, GARDEN, again)) == [("lines.2.reference", "repeated")]
    assert len((await resolve(TAX, again, staff=True)).lines) == 2
    rates = {**TAX, "fund": "24"}
    assert len((await resolve(TAX, rates, GARDEN, GARDEN)).lines) == 4  # another fund, and no reference


async def test_staff_book_to_suspense_without_vat(resolve):
    [line] = (await resolve({"fund": "SP", "amount": 12_000, "vat_code": "W0"}, staff=True)).lines
    assert (line.fund_code, line.vat_code, line.basis_points, line.vat) == ("SP", "M0", None, 0)


@pytest.mark.parametrize(("count", "accepted"), [(50, True), (51, False)])
async def test_a_payment_has_at_most_50_lines(resolve, count, accepted):
    lines = [GARDEN] * count
    if accepted:
        assert len((await resolve(*lines)).lines) == count
    else:
        assert await faults_of(resolve(*lines)) == [("lines", "wrong_number")]


async def test_a_list_without_lines_is_no_payment_without_lines(database, councils):
    async with database.writing("citytown") as session:
        empty = baskets.resolve_basket(session, "citytown", TODAY, amount=0, lines=[], reference="x")
        assert await faults_of(empty) == [("lines", "wrong_number")]


async def test_a_payment_without_lines_goes_to_the_fund_of_its_key(resolve, councils):
    key_fund = ids.read(councils.citytown.funds["5"]["id"])
    options = {"default_fund": key_fund, "metadata_fund": "23"}
    [line] = (await resolve(amount=7_000, reference="001-2345-6782", **options)).lines
    assert (line.fund_code, line.reference, line.amount) == ("5", "00123456782", 7_000)


@pytest.mark.parametrize("name", ["23", " 23 ", 23, "id"])
async def test_else_it_goes_to_the_fund_that_its_metadata_name(resolve, councils, name):
    fund_name = councils.citytown.funds["23"]["id"] if name == "id" else name
    rents = ids.read(councils.citytown.funds["5"]["id"])
    options = {"default_fund": rents, "metadata_fund": fund_name}
    [line] = (await resolve(amount=7_000, reference="800123459", **options)).lines
    assert (line.fund_code, line.reference) == ("23", "800123459")


@pytest.mark.parametrize(
    ("reference", "options"),
    [
        ("order 12", {}), ("800123458", {"metadata_fund": "23"}), ("order 12", {"metadata_fund": "99"}),
        ("order 12", {"metadata_fund": True}), ("order 12", {"metadata_fund": ["23"]}),
        ("order 12", {"metadata_fund": "'; DROP TABLE fund"}), ("order 12", {"metadata_fund": "SP"}),
        ("order 12", {"default_fund": ids.new()}), ("order 12", {"metadata_fund": "z" * 26}),
    ],
)  # fmt: skip
async def test_else_it_goes_to_suspense_and_is_never_lost(resolve, reference, options):
    [line] = (await resolve(amount=7_000, reference=reference, **options)).lines
    assert (line.fund_code, line.vat_code, line.amount, line.vat) == ("SP", "M0", 7_000, 0)
    assert line.reference == reference


async def test_a_card_number_as_the_reference_is_refused_wherever_it_would_go(resolve):
    assert await faults_of(resolve(amount=100, reference=CARD)) == [("reference", "card_number")]


async def test_a_council_without_funds_gets_suspense_with_its_first_payment(resolve, client, mint):
    for _ in range(2):
        [line] = (await resolve(council="newtown", amount=500, reference="x")).lines
        assert (line.fund_code, line.vat_code) == ("SP", "M0")


async def test_suspense_has_another_code_where_a_fund_has_that_one(client, mint, database, resolve):
    small = FinanceSet.model_validate({
        "vat_codes": [{"code": "M0", "name": "x", "treatment": "standard",
                       "rates": [{"from_date": "2020-01-01", "basis_points": 2000}]}],
        "funds": [{"code": "SP", "name": "Sports", "name_cy": "Chwaraeon", "kind": "income",
                   "vat_code": "M0", "ledger_code": "1"}],
    })  # fmt: skip
    async with database.writing("sportown") as session:
        await imports.apply_set(session, "sportown", "test", small, TODAY)
    [line] = (await resolve(council="sportown", amount=500, reference="x")).lines
    assert (line.fund_code, line.basis_points, line.vat) == ("SUSPENSE", None, 0)


async def test_two_first_payments_at_once_make_one_suspense_fund(resolve, database):
    await asyncio.gather(*(resolve(council="racetown", amount=500, reference="x") for _ in range(4)))
    async with database.reading("racetown") as session:
        chart = await baskets.read_chart(session, "racetown", TODAY)
    assert [fund.code for fund in chart.funds.values()] == ["SP"]


@pytest.mark.parametrize(
    ("day", "code"), [(date(2025, 12, 31), "no_fund"), (date(2026, 1, 1), None), (date(2999, 1, 1), None)]
)
async def test_a_fund_takes_money_on_its_days(resolve, day, code):
    if code is None:
        assert (await resolve(TAX, day=day)).lines
    else:
        assert await faults_of(resolve(TAX, day=day)) == [("lines.0.fund", code)]


async def test_a_line_is_taken_at_the_rate_of_its_day(client, mint, resolve, councils):
    record = councils.citytown.vat_codes["R0"]
    rates = [*record["rates"], {"from_date": "2027-01-01", "basis_points": 1250}]
    headers = headers_of(mint) | {"If-Match": '"1"'}
    path = url("vat-codes", "citytown", record["id"])
    assert (await client.patch(path, json={"rates": rates}, headers=headers)).status_code == 200
    line = {"fund": "13", "amount": 10_500, "vat_code": "R0"}
    vat = [(await resolve(line, day=day)).lines[0].vat for day in (date(2026, 12, 31), date(2027, 1, 1))]
    assert vat == [500, 1_167]
    early = {**line, "vat_code": "W0"}
    body = {"code": "F0", "name": "Later", "treatment": "reduced",
            "rates": [{"from_date": "2027-01-01", "basis_points": 500}]}  # fmt: skip
    assert (await client.post(url("vat-codes"), json=body, headers=headers_of(mint))).status_code == 201
    assert await faults_of(resolve({**early, "vat_code": "F0"})) == [("lines.0.vat_code", "no_vat_rate")]


async def test_a_basket_takes_two_statements_however_many_lines_and_funds(database, councils):
    statements = []

    def count(*arguments):
        statements.append(arguments[2])

    engine = database.writer.sync_engine
    lines = [NewLine.model_validate(line) for line in (TAX, TICKET, GARDEN)]
    lines += [NewLine(fund="GW", amount=1)] * 47
    event.listen(engine, "before_cursor_execute", count)
    try:
        async with database.writing("citytown") as session:
            statements.clear()
            await baskets.resolve_basket(session, "citytown", TODAY, amount=11_497, lines=lines)
    finally:
        event.remove(engine, "before_cursor_execute", count)
    assert len(statements) == 1


async def test_after_a_merge_a_code_of_two_funds_is_named_by_id(chart):
    first = chart.list_funds("GW")[0]
    twin = type(first)(**{**asdict(first), "id": ids.new()})
    merged = type(chart)({**chart.funds, twin.id: twin}, chart.vat_codes)
    requested = NewLine.model_validate(GARDEN).to_rules()
    [fault] = baskets.rules.check_line(merged, requested, "lines.0")
    assert (fault.field, fault.code) == ("lines.0.fund", "several_funds")
    by_id = NewLine.model_validate({**GARDEN, "fund": ids.show(twin.id)}).to_rules()
    assert baskets.rules.check_line(merged, by_id, "lines.0").fund_id == twin.id


AMOUNTS = st.integers(1, 100_000_000_000)
TEXTS = st.text(max_size=40)


@given(
    st.lists(
        st.tuples(st.sampled_from(["13", "52", "GW", "23", "x"]), AMOUNTS, TEXTS), min_size=1, max_size=6
    )
)
async def test_an_accepted_basket_sums_to_its_amount_and_has_vat_within_each_line(chart, drawn):
    lines = [
        NewLine(fund=fund.upper(), amount=amount, reference=reference) for fund, amount, reference in drawn
    ]
    total = sum(line.amount for line in lines)
    outcome = baskets.rules.check_basket(chart, total, [line.to_rules() for line in lines], staff=False)
    if isinstance(outcome, baskets.Basket):
        assert sum(line.amount for line in outcome.lines) == total
        assert all(0 <= line.vat <= line.amount for line in outcome.lines)
        assert len(outcome.lines) == len(lines)
    else:
        assert outcome


@given(TEXTS, st.one_of(st.none(), TEXTS))
async def test_a_payment_without_lines_always_has_one_line_unless_there_is_a_card_number(
    chart, reference, name
):
    outcome = baskets.rules.place_whole(chart, 100, reference, (None, name))
    if isinstance(outcome, baskets.Basket):
        assert [line.amount for line in outcome.lines] == [100]
    else:
        assert [fault.code for fault in outcome] == ["card_number"]


async def test_a_payment_reads_the_funds_that_it_names_and_no_others(resolve, councils, chart, monkeypatch):
    async def refuse(*_):
        raise AssertionError("all funds of the council were read")

    read_named, results = charts.read_named, []

    async def record(*args, **options):
        results.append(await read_named(*args, **options))
        return results[-1]

    monkeypatch.setattr(charts, "read_chart", refuse)
    monkeypatch.setattr(charts, "read_named", record)
    [by_id] = chart.list_funds("13")
    suspense = [fund.code for fund in chart.funds.values() if fund.kind == SUSPENSE]
    await resolve(TAX, GARDEN)
    await resolve({**TICKET, "fund": ids.show(by_id.id)})
    await resolve(amount=1_000, metadata_fund="\u0000 no fund'")
    await resolve(amount=1_000, default_fund=by_id.id, metadata_fund="gw")
    codes = [sorted(fund.code for fund in result.funds.values()) for result in results]
    assert codes == [["23", "GW"], ["13"], sorted(suspense), sorted(["13", "GW", *suspense])]
