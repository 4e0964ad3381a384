"""The API of calendars: bank holidays, closures, admission authorities and their terms."""

from datetime import date

import pytest
from sqlalchemy import text

from casework.calendar.actions.calendars import load_calendars
from casework.calendar.rules.calendars import CalendarName
from chassis import ids
from chassis.problems import Problem
from services.casework.tests.calendar.keeper import CLOSURE, TERMS_2025, add, get, headers_of, url

YEAR = {"year": 2025, "terms": TERMS_2025, "inset_days": ["2025-09-03"]}
RECORDS = [
    ("closures", CLOSURE, {**CLOSURE, "name": "Renamed"}),
    ("admission-authorities", {"name": "Citytown schools"}, {"name": "Renamed"}),
]


async def test_a_council_sees_its_calendars_and_the_days_that_each_knows(client, mint):
    authority = await add(client, mint, "admission-authorities", {"name": "Abbey trust"}, "hillshire")
    await add(client, mint, f"admission-authorities/{authority['id']}/school-years", YEAR, "hillshire")
    body = await get(client, mint, "calendars", "hillshire")
    assert body["nation"] == "scotland"
    calendars = {item["name"]: item for item in body["items"]}
    assert calendars["any_uk"]["loaded"] == [{"first": "2012-01-01", "last": "2040-12-31"}]
    assert calendars["any_uk"]["provisional_from"] == "2029-01-01"
    assert calendars["school"]["authority"] == authority["id"]
    assert calendars["school"]["loaded"] == [{"first": "2025-09-01", "last": "2026-08-31"}]
    assert [name for name, item in calendars.items() if item["local_only"]] == ["council"]
    assert set(calendars) == set(CalendarName)


async def test_bank_holidays_of_a_year_have_their_divisions_and_sources(client, mint, set_clock):
    set_clock("2026-12-31T23:59:59Z")
    body = await get(client, mint, "bank-holidays")
    assert (body["year"], body["nation"], len(body["items"])) == (2026, "england", 14)
    world_cup = next(item for item in body["items"] if item["day"] == "2026-06-15")
    assert (world_cup["divisions"], world_cup["provisional"]) == (["scotland"], False)
    assert world_cup["source"].startswith("Royal Proclamation of 3 February 2026")
    assert "Open Government Licence" in body["attribution"]
    forecast = await get(client, mint, "bank-holidays", year=2030)
    assert all(item["provisional"] for item in forecast["items"])
    new_year = next(item for item in body["items"] if item["day"] == "2026-01-01")
    assert (new_year["name"], len(new_year["divisions"])) == (
        "New Year\N{RIGHT SINGLE QUOTATION MARK}s Day",
        3,
    )


@pytest.mark.parametrize("year", ["2011", "2041", "x", "99999999999999999999"])
async def test_a_year_that_is_not_loaded_is_refused(client, mint, year):
    response = await client.get(url("bank-holidays"), params={"year": year}, headers=headers_of(mint))
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "query.year")


@pytest.mark.parametrize(("place", "new", "changed"), RECORDS)
async def test_a_record_is_added_read_listed_and_changed_by_its_version(client, mint, place, new, changed):
    headers = headers_of(mint)
    created = await client.post(url(place), json=new, headers=headers)
    assert created.headers["ETag"] == '"1"'
    path = created.headers["Location"]
    assert path == url(f"{place}/{created.json()['id']}")
    assert created.json()["id"] in {
        item["id"] for item in (await get(client, mint, place, limit=100))["items"]
    }
    missing = await client.put(path, json=changed, headers=headers)
    stale = await client.put(path, json=changed, headers={**headers, "If-Match": '"7"'})
    right = await client.put(path, json=changed, headers={**headers, "If-Match": '"1"'})
    assert (missing.status_code, stale.status_code, right.status_code) == (428, 412, 200)
    current = await client.get(path, headers=headers)
    assert (current.json()["name"], current.headers["ETag"]) == ("Renamed", '"2"')


@pytest.mark.parametrize(("place", "new", "changed"), RECORDS)
async def test_a_repeated_post_with_its_key_adds_one_record(client, mint, place, new, changed):
    headers = {**headers_of(mint), "Idempotency-Key": f"once-{place}"}
    first, second = [await client.post(url(place), json=new, headers=headers) for _ in range(2)]
    assert (first.json(), second.status_code) == (second.json(), 201)
    assert second.headers["Idempotent-Replayed"] == "true"


async def test_a_closure_is_removed_and_the_audit_keeps_what_it_was(client, mint, database):
    closure = await add(client, mint, "closures", CLOSURE)
    path, headers = url(f"closures/{closure['id']}"), headers_of(mint)
    stale = await client.delete(path, headers={**headers, "If-Match": '"2"'})
    removed = await client.delete(path, headers={**headers, "If-Match": '"1"'})
    absent = await client.get(path, headers=headers)
    assert (stale.status_code, removed.status_code, absent.status_code) == (412, 204, 404)
    async with database.reading("citytown") as session:
        rows = await session.all(
            text("SELECT act, changes FROM audit WHERE aggregate_id = :id ORDER BY id"), {"id": closure["id"]}
        )
    assert [row.act for row in rows] == ["added", "removed"]
    assert rows[1].changes["first_day"] == ["2026-12-29", None]


async def test_terms_are_loaded_once_and_then_changed_by_their_version(client, mint):
    authority = await add(client, mint, "admission-authorities", {"name": "Citytown schools"})
    place = f"admission-authorities/{authority['id']}/school-years"
    created = await add(client, mint, place, YEAR)
    assert (created["name"], created["version"], len(created["terms"])) == ("2025-26", 1, 6)
    headers = headers_of(mint)
    again = await client.post(url(place), json=YEAR, headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, "school-year-loaded")
    body = {"terms": TERMS_2025[:2]}
    path = url(f"{place}/2025")
    assert (await client.put(path, json=body, headers=headers)).status_code == 428
    assert (await client.put(path, json=body, headers={**headers, "If-Match": '"2"'})).status_code == 412
    changed = await client.put(path, json=body, headers={**headers, "If-Match": '"1"'})
    assert (changed.status_code, len(changed.json()["terms"]), changed.json()["inset_days"]) == (200, 2, [])
    assert (await get(client, mint, place))["items"] == [changed.json()]
    assert (await client.get(url(f"{place}/2026"), headers=headers)).status_code == 404


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"terms": []}, "body.terms"),
        ({"terms": [TERMS_2025[0]] * 2}, "body.terms"),
        ({"terms": [{"first": "2025-09-03", "last": "2025-09-01"}]}, "body.terms.0"),
        ({"terms": [{"first": "2024-09-03", "last": "2024-09-05"}]}, "body.terms"),
        ({"terms": [TERMS_2025[0]] * 13}, "body.terms"),
        ({"inset_days": ["2025-12-25"]}, "body.terms"),
        ({"year": 2011}, "body.year"),
        ({"year": 2**70}, "body.year"),
        ({"inset_days": ["0001-01-01"]}, "body.inset_days.0"),
    ],
)
async def test_terms_that_make_no_sense_are_refused_with_their_field(client, mint, members, field):
    authority = await add(client, mint, "admission-authorities", {"name": "Citytown schools"})
    place = url(f"admission-authorities/{authority['id']}/school-years")
    response = await client.post(place, json={**YEAR, **members}, headers=headers_of(mint))
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, field)


@pytest.mark.parametrize(
    "members",
    [
        {"last_day": "2026-12-28"}, {"last_day": "2028-12-31"}, {"first_day": "1999-12-31"}, {"name": " "},
        {"name": "x" * 101}, {"name": "a\x00b"}, {"name_cy": None}, {"extra": 1}, {"first_day": 10**30},
    ],
)  # fmt: skip
async def test_a_closure_that_makes_no_sense_is_refused(client, mint, members):
    response = await client.post(url("closures"), json={**CLOSURE, **members}, headers=headers_of(mint))
    assert response.status_code == 400


@pytest.mark.parametrize("mode", ["sandbox", "live"])
async def test_calendars_are_changed_with_a_live_credential_and_the_scope_only(client, mint, mode):
    scopes = ["casework:read"] if mode == "live" else ["casework:read", "casework:configure"]
    headers = headers_of(mint, mode=mode, scopes=scopes)
    for place, body in (("closures", CLOSURE), ("admission-authorities", {"name": "A"})):
        response = await client.post(url(place), json=body, headers=headers)
        code = "missing-scope" if mode == "live" else "mode-not-held"
        assert (response.status_code, response.json()["code"]) == (403, code)


async def test_another_councils_records_are_not_there(client, mint):
    closure = await add(client, mint, "closures", CLOSURE)
    authority = await add(client, mint, "admission-authorities", {"name": "Citytown schools"})
    await add(client, mint, f"admission-authorities/{authority['id']}/school-years", YEAR)
    headers = {**headers_of(mint, "hillshire"), "If-Match": "*"}
    for method, place, body in (
        ("GET", f"closures/{closure['id']}", None),
        ("PUT", f"closures/{closure['id']}", CLOSURE),
        ("DELETE", f"closures/{closure['id']}", None),
        ("GET", f"admission-authorities/{authority['id']}", None),
        ("GET", f"admission-authorities/{authority['id']}/school-years", None),
        ("GET", f"admission-authorities/{authority['id']}/school-years/2025", None),
        ("PUT", f"admission-authorities/{authority['id']}/school-years/2025", {"terms": TERMS_2025}),
        ("POST", f"admission-authorities/{authority['id']}/school-years", YEAR),
    ):
        response = await client.request(method, url(place, "hillshire"), json=body, headers=headers)
        assert response.status_code == 404, (method, place)


async def test_two_who_add_the_same_school_year_at_once_add_one(client, mint):
    import asyncio  # noqa: PLC0415

    authority = await add(client, mint, "admission-authorities", {"name": "Citytown schools"})
    place = url(f"admission-authorities/{authority['id']}/school-years")
    responses = await asyncio.gather(
        *(client.post(place, json=YEAR, headers=headers_of(mint)) for _ in range(4))
    )
    assert sorted(response.status_code for response in responses) == [201, 409, 409, 409]


async def test_a_council_of_no_nation_is_told_so(database):
    async with database.writing("citytown") as session:
        await session.execute(text("UPDATE council SET gss = 'K04000001' WHERE slug = 'citytown'"))
        with pytest.raises(Problem, match="K04000001 of citytown is of no nation"):
            await load_calendars(session, "citytown")
        await session.execute(text("UPDATE council SET gss = 'E06000022' WHERE slug = 'citytown'"))


async def test_what_is_loaded_is_what_rules_count_by(client, mint, database):
    authority = await add(client, mint, "admission-authorities", {"name": "Abbey trust"})
    await add(client, mint, f"admission-authorities/{authority['id']}/school-years", YEAR)
    closure = await add(
        client, mint, "closures", {**CLOSURE, "first_day": "2027-12-29", "last_day": "2027-12-29"}
    )
    async with database.reading("citytown") as session:
        calendars = await load_calendars(
            session, "citytown", closures=True, authority=ids.read(authority["id"])
        )
    school = calendars.get_working_days(CalendarName.SCHOOL)
    assert [school.is_open(date(2025, 9, day)) for day in (3, 4)] == [False, True]
    assert school.title == "school days of Abbey trust"
    assert not calendars.get_working_days(CalendarName.COUNCIL).is_open(date(2027, 12, 29))
    assert closure["version"] == 1
