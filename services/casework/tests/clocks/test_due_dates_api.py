"""The calculator of due dates: the same rules, asked for over HTTP, with every way to ask wrongly."""

import pytest

from services.casework.tests.calendar.keeper import CLOSURE, TERMS_2025, add, headers_of, url

FOI = {"amount": 20, "unit": "working_days", "calendar": "any_uk", "basis": "statute", "source": "FOIA, s.10"}


async def ask(client, mint, council="citytown", status=200, **body):
    headers = headers_of(mint, council, mode="sandbox", scopes=["casework:read"])
    response = await client.post(url("due-dates", council), json=body, headers=headers)
    assert response.status_code == status, response.text
    return response.json()


async def test_a_due_date_comes_with_its_explanation_and_the_moment_it_ends(client, mint):
    body = await ask(client, mint, start="2026-06-01", clock=FOI)
    assert (body["due"], body["ends_at"], body["provisional"]) == (
        "2026-06-30",
        "2026-06-30T23:00:00Z",
        False,
    )
    world_cup = next(line for line in body["explanation"] if line["day"] == "2026-06-15")
    assert world_cup["text"] == (
        "Monday 15 June 2026 did not count: World Cup bank holiday, a bank holiday in Scotland."
    )
    assert (world_cup["key"], world_cup["values"]["name_cy"]) == (
        "skipped.bank_holiday",
        "Gŵyl banc Cwpan y Byd",
    )
    assert body["explanation"][-2]["text"] == "Law: FOIA, s.10."


async def test_the_councils_own_nation_decides_where_the_rule_does_not(client, mint):
    clock = {"amount": 2, "unit": "working_days", "calendar": "nation"}
    dues = [
        (await ask(client, mint, council, start="2026-04-02", clock=clock))["due"]
        for council in ("citytown", "hillshire")
    ]
    assert dues == ["2026-04-08", "2026-04-07"]


@pytest.mark.parametrize(
    ("start", "due"), [("2026-07-01T23:30:00Z", "2026-07-03"), ("2026-07-02T00:30:00+01:00", "2026-07-03")]
)
async def test_a_moment_counts_as_its_local_day(client, mint, start, due):
    clock = {"amount": 1, "unit": "working_days", "calendar": "nation"}
    assert (await ask(client, mint, start=start, clock=clock))["due"] == due


async def test_hours_go_over_the_change_of_the_clocks(client, mint):
    body = await ask(client, mint, start="2026-03-28T14:00:00Z", clock={"amount": 24, "unit": "hours"})
    assert (body["due"], body["ends_at"]) == ("2026-03-29", "2026-03-29T14:00:00Z")
    assert body["explanation"][-3]["text"] == "It is due by 3:00pm on Sunday 29 March 2026."


async def test_pauses_and_extensions_move_the_date(client, mint):
    sar = {
        "amount": 1,
        "unit": "months",
        "calendar": "nation",
        "roll": "next_working_day",
        "basis": "statute",
    }
    pause = {"first": "2026-03-10", "last": "2026-03-17", "reason": "Which years are meant"}
    body = await ask(client, mint, start="2026-03-03", clock=sar, pauses=[pause])
    assert body["due"] == "2026-04-13"
    assert sum("Which years are meant" in line["text"] for line in body["explanation"]) == 8
    assert (await ask(client, mint, start="2027-11-27", clock=sar, extended_by=2))["due"] == "2028-02-28"


async def test_closures_move_local_standards_and_are_refused_on_a_law(client, mint):
    await add(client, mint, "closures", CLOSURE)
    bin_clock = {"amount": 2, "unit": "working_days", "calendar": "council"}
    body = await ask(client, mint, start="2026-12-24", clock=bin_clock)
    assert body["due"] == "2027-01-05"  # 25 and 28 are holidays, 29 to 31 closed, 1 January a holiday
    closed = {line["day"] for line in body["explanation"] if line["key"] == "skipped.closure"}
    assert closed == {"2026-12-29", "2026-12-30", "2026-12-31"}
    problem = await ask(client, mint, status=400, start="2026-12-24", clock={**bin_clock, "basis": "statute"})
    assert problem["errors"][0]["field"] == "body.clock.calendar"


async def test_school_days_need_terms_and_say_which_are_missing(client, mint):
    authority = await add(client, mint, "admission-authorities", {"name": "Abbey trust"})
    clock = {"amount": 30, "unit": "school_days", "basis": "statutory_code"}
    body = {"start": "2026-07-06", "clock": clock}
    problem = await ask(client, mint, status=409, **body)
    assert (problem["code"], problem["missing"]) == (
        "cannot-be-computed",
        "the term dates of the admission authority",
    )
    body["admission_authority"] = authority["id"]
    assert (await ask(client, mint, status=409, **body))["missing"] == "the term dates of Abbey trust"
    years = f"admission-authorities/{authority['id']}/school-years"
    await add(client, mint, years, {"year": 2025, "terms": TERMS_2025})
    problem = await ask(client, mint, status=409, **body)
    assert problem["missing"] == "the term dates of Abbey trust for 2026-27"
    assert "Only 11 of 30 days are in what is loaded." in problem["detail"]
    await add(client, mint, years, {"year": 2026, "terms": [{"first": "2026-09-01", "last": "2026-10-23"}]})
    assert (await ask(client, mint, **body))["due"] == "2026-09-25"


async def test_years_beyond_the_forecast_cannot_be_computed_and_those_of_it_are_provisional(client, mint):
    assert (await ask(client, mint, start="2030-01-02", clock=FOI))["provisional"] is True
    problem = await ask(client, mint, status=409, start="2040-12-20", clock=FOI)
    assert problem["missing"] == "the bank holidays of 2041"
    assert (await ask(client, mint, start="2199-12-31", clock={"amount": 1_000, "unit": "months"}))["due"]


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"start": "2026-13-01"}, "body.start"),
        ({"start": "0001-01-01"}, "body.start"),
        ({"start": "9999-12-31"}, "body.start"),
        ({"start": "2026-06-01T10:00:00"}, "body.start"),
        ({"clock": {**FOI, "amount": 0}}, "body.clock.amount"),
        ({"clock": {**FOI, "amount": 10**30}}, "body.clock.amount"),
        ({"clock": {**FOI, "calendar": None}}, "body.clock.calendar"),
        ({"clock": {**FOI, "calendar": "mars"}}, "body.clock.calendar"),
        ({"clock": {**FOI, "source": "x" * 201}}, "body.clock.source"),
        ({"clock": {**FOI, "source": "{0.__class__}\x00"}}, "body.clock.source"),
        ({"clock": {**FOI, "ends_at": "17:00Z"}}, "body.clock.ends_at"),
        ({"clock": {**FOI, "or_sooner": {"amount": 1, "unit": "hours"}}}, "body.clock.or_sooner.unit"),
        ({"clock": {**FOI, "direction": "backward"}, "extended_by": 1}, "body.extended_by"),
        ({"pauses": [{"first": "2026-06-03", "last": "2026-06-02"}]}, "body.pauses.0.last"),
        ({"pauses": [{"first": "2026-06-03", "last": "2028-06-02"}]}, "body.pauses.0.last"),
        ({"pauses": [{"first": "2026-05-03", "last": "2026-06-02"}]}, "body.pauses.0"),
        ({"pauses": [{"first": "2026-12-03", "last": "2026-12-04"}]}, "body.pauses.0"),
        ({"pauses": [{"first": "2026-06-03", "last": "2026-06-10"},
                     {"first": "2026-06-04", "last": "2026-06-05"}]}, "body.pauses.1"),
        ({"pauses": [{"first": "2026-06-03", "last": "2026-06-03"}] * 21}, "body.pauses"),
        ({"clock": {**FOI, "direction": "backward"},
          "pauses": [{"first": "2026-06-03", "last": "2026-06-04"}]}, "body.pauses.0"),
    ],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused_with_its_field(client, mint, members, field):
    problem = await ask(client, mint, status=400, **{"start": "2026-06-01", "clock": FOI, **members})
    assert problem["errors"][0]["field"].startswith(field)


async def test_text_with_braces_is_shown_as_it_was_written(client, mint):
    body = await ask(client, mint, start="2026-06-01", clock={**FOI, "source": "{citation.__class__}{0}"})
    assert body["explanation"][-2]["text"] == "Law: {citation.__class__}{0}."


async def test_the_longest_explanation_stays_small_and_quick(client, mint):
    pauses = [
        {"first": f"{2000 + n}-01-01", "last": f"{2000 + n}-12-31", "reason": "x" * 200} for n in range(20)
    ]
    clock = {"amount": 1_000, "unit": "months", "pause_days": "until_resumed"}
    body = await ask(client, mint, start="1999-12-31", clock=clock, pauses=pauses)
    assert len(body["explanation"]) < 20 * 366 + 10


async def test_an_authority_of_another_council_is_not_there(client, mint):
    authority = await add(client, mint, "admission-authorities", {"name": "Abbey trust"})
    clock = {"amount": 1, "unit": "school_days"}
    await ask(
        client, mint, "hillshire", 404, start="2026-06-01", clock=clock, admission_authority=authority["id"]
    )
