"""Versions of case types over the API: draft, publish, retire; by nation; every fault with its line."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from casework.case_types.actions.installation import install, install_case_types
from casework.case_types.actions.library import find_files, list_codes, load
from casework.case_types.actions.published import find_published, get_published
from chassis import ids
from chassis.commands import ExitCode
from services.casework.tests.calendar.keeper import get, headers_of, url

TYPE = "case-types/missed-bin/versions"


async def put(
    client, mint, number="1.1", council="citytown", code="missed-bin", match=None, mode="live", **body
):
    headers = headers_of(mint, council, mode=mode) | ({"If-Match": match} if match else {})
    return await client.put(url(f"case-types/{code}/versions/{number}", council), json=body, headers=headers)


async def publish(client, mint, number, match, council="citytown", code="missed-bin"):
    headers = headers_of(mint, council) | {"If-Match": match}
    return await client.post(url(f"case-types/{code}/versions/{number}/publish", council), headers=headers)


def source_of(number):
    return find_files("missed-bin").find(".yaml").replace('version: "1.1"', f'version: "{number}"')


WELSH = find_files("missed-bin").find(".cy.yaml")


async def test_a_draft_is_published_and_retired_by_the_next(client, mint, database):
    drafted = await put(client, mint, parameters={"report_within": 5})
    assert (drafted.status_code, drafted.json()["state"]) == (201, "draft")
    assert (await get(client, mint, "case-types"))["items"] == []
    assert (await publish(client, mint, "1.1", drafted.headers["ETag"])).json()["state"] == "published"

    again = await put(client, mint, "1.2", source=source_of("1.2"), welsh=WELSH)
    assert again.status_code == 201
    assert (await publish(client, mint, "1.2", again.headers["ETag"])).status_code == 200
    versions = (await get(client, mint, TYPE))["items"]
    assert [(each["number"], each["state"]) for each in versions] == [
        ("1.1", "retired"),
        ("1.2", "published"),
    ]
    assert [each["number"] for each in (await get(client, mint, "case-types"))["items"]] == ["1.2"]

    async with database.reading("citytown") as session:
        current = await find_published(session, "citytown", "missed-bin")
        former = await get_published(session, "citytown", ids.read(versions[0]["id"]))
    assert current.bound.parameters["report_within"] == 2
    assert former.bound.parameters["report_within"] == 5


async def test_a_version_shows_its_states_and_the_schema_of_its_fields(client, mint):
    await put(client, mint, "3.0", source=source_of("3.0"), welsh=WELSH)
    version = await get(client, mint, f"{TYPE}/3.0")
    assert version["states"]["reported"]["public"]["cy"] == "Rydym wedi cael eich adroddiad"
    assert version["fields_schema"]["properties"]["bin"]["enum"] == ["rubbish", "recycling", "food", "garden"]
    assert version["fields_schema"]["properties"]["uprn"]["x-personal"] is True


async def test_a_draft_is_replaced_only_with_the_tag_of_what_was_seen(client, mint):
    first = await put(client, mint, "4.0", source=source_of("4.0"), welsh=WELSH)
    tag = first.headers["ETag"]
    same = await put(client, mint, "4.0", source=source_of("4.0"), welsh=WELSH)
    assert (same.status_code, same.headers["ETag"]) == (200, tag)
    other = await put(
        client, mint, "4.0", source=source_of("4.0"), welsh=WELSH, parameters={"return_within": 3}
    )
    assert other.status_code == 428
    replaced = await put(
        client, mint, "4.0", source=source_of("4.0"), welsh=WELSH, match=tag, parameters={"return_within": 4}
    )
    assert (replaced.status_code, replaced.json()["parameters"]) == (200, {"return_within": 4})
    assert (await publish(client, mint, "4.0", tag)).status_code == 412


async def test_what_was_published_is_not_changed(client, mint, database):
    first = await put(client, mint, "5.0", source=source_of("5.0"), welsh=WELSH)
    published = await publish(client, mint, "5.0", first.headers["ETag"])
    tag = published.headers["ETag"]
    same = await put(client, mint, "5.0", source=source_of("5.0"), welsh=WELSH)
    assert (same.status_code, same.json()["state"], same.headers["ETag"]) == (200, "published", tag)
    again = await put(client, mint, "5.0", source=source_of("5.0") + "#", welsh=WELSH, match=tag)
    assert (again.status_code, again.json()["code"]) == (409, "case-type-published")
    assert (await publish(client, mint, "5.0", tag)).status_code == 409
    for change in ("source = 'x'", "parameters = '{\"report_within\": 9}'", "state = 'draft'"):
        with pytest.raises(DBAPIError, match="stays as it was"):
            async with database.writing("citytown") as session:
                statement = f"UPDATE case_type_version SET {change} WHERE number = '5.0'"
                await session.execute(text(statement))


async def test_every_fault_is_named_with_its_line(client, mint):
    source = source_of("6.0").replace("to: reported", "to: reprted", 1).replace("by: crew", "by: crw", 1)
    answer = await put(client, mint, "6.0", source=source, welsh=WELSH)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-case-type")
    errors = {error["field"]: error["message"] for error in answer.json()["errors"]}
    assert errors["body.source.actions.report.to"].endswith(
        "there is no state reprted. Did you mean reported?"
    )
    assert errors["body.source.actions.record_collection.by"].startswith("line ")


@pytest.mark.parametrize(
    "source",
    ["", "a: &x 1", "a: [", "x" * 300_000, "- a", "null", "a: " + "[" * 3000, 'case_type: "\\u0000"'],
)
async def test_hostile_sources_are_refused(client, mint, source):
    assert (await put(client, mint, "7.0", source=source)).status_code == 400


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"report_within": 11}, "it must be 1 to 10 working days (Local waste collection policy)"),
        ({"report_within": True}, "it must be a integer"),
        ({"no_such": 1}, "there is no such parameter"),
    ],
)
async def test_parameters_out_of_bounds_are_refused(client, mint, parameters, message):
    answer = await put(client, mint, "8.0", source=source_of("8.0"), welsh=WELSH, parameters=parameters)
    assert answer.status_code == 400
    assert message in answer.json()["errors"][0]["message"]


async def test_a_publisher_binds_a_type_again_without_its_text_and_goes_back(client, mint):
    first = await put(client, mint, "1.1.a1", parameters={"report_within": 3})
    tag = (await publish(client, mint, "1.1.a1", first.headers["ETag"])).headers["ETag"]
    second = await put(client, mint, "1.1.b2", parameters={"report_within": 4})
    declared = second.json()["declared_parameters"]["report_within"]
    assert (declared["minimum"], declared["maximum"], declared["unit"], declared["law"]) == (
        *(1, 10, "working_days", False),
    )
    await publish(client, mint, "1.1.b2", second.headers["ETag"])
    retired = await put(client, mint, "1.1.a1", parameters={"report_within": 3})
    assert (retired.status_code, retired.json()["state"]) == (200, "retired")
    assert (await publish(client, mint, "1.1.a1", tag)).status_code == 412
    back = await publish(client, mint, "1.1.a1", retired.headers["ETag"])
    assert (back.status_code, back.json()["state"]) == (200, "published")
    assert (await put(client, mint, "9.1.a1")).status_code == 400  # what ships is 1.1


async def test_what_ships_says_what_a_council_may_set(client, mint):
    shipped = await get(client, mint, "case-types/parking-permit/shipped")
    assert (shipped["number"], shipped["declared_parameters"]["lasts"]["unit"]) == ("1.1", "months")
    assert {line: each["by"] for line, each in shipped["declared_lines"].items()} == {
        "permit": "co2",
        "diesel": "",
        "second": "",
    }
    assert "plate" in shipped["fields_schema"]["properties"]
    missing = await client.get(url("case-types/no-such/shipped", "citytown"), headers=headers_of(mint))
    assert missing.status_code == 404


async def test_prices_are_a_part_of_the_version(client, mint):
    body = {"code": "garden-waste", "parameters": {"season_from": "04-01"}}
    prices = {"first": {"tariffs": [{"pence": 5900}, {"from": "2027-04-01", "pence": 6200}]}}
    first = await put(client, mint, "1.1.p1", **body, prices=prices)
    assert (first.status_code, first.json()["prices"]) == (201, prices)
    assert (await put(client, mint, "1.1.p1", **body, prices=prices)).status_code == 200
    assert (await put(client, mint, "1.1.p1", **body)).status_code == 428  # other prices are another content
    assert (await get(client, mint, "case-types/garden-waste/versions/1.1.p1"))["prices"] == prices


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({"prices": {"frist": {"tariffs": [{"pence": 1}]}}}, "body.prices.frist", "Did you mean first?"),
        (
            {"prices": {"first": {"tariffs": [{"bands": [{"from": 0, "pence": 1}], "unknown": 2}]}}},
            "body.prices.first",
            "goes by no number",
        ),
        ({"parameters": {"season_from": "02-29"}}, "body.parameters.season_from", "a day that each year has"),
        ({"parameters": {"cool_off": 13}}, "body.parameters.cool_off", "SI 2013/3134"),
        (
            {"prices": {"first": {"tariffs": [{"pence": -1}]}}},
            "body.prices.first.tariffs.0.pence",
            "equal to 0",
        ),
        ({"prices": {"first": {"tariffs": []}}}, "body.prices.first.tariffs", "at least 1"),
        (
            {"prices": {"first": {"tariffs": [{"from": "2027-04-01", "pence": 1}, {"pence": 2}]}}},
            "body.prices.first",
            "ascend",
        ),
    ],
)
async def test_prices_and_days_that_cannot_be_are_refused(client, mint, body, field, message):
    answer = await put(client, mint, "1.1.px", code="garden-waste", **body)
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["field"] == field
    assert message in error["message"]


async def test_a_binding_out_of_a_laws_bounds_names_the_law(client, mint):
    answer = await put(client, mint, "1.0.x", code="blue-badge", parameters={"fee": 1001})
    message = answer.json()["errors"][0]["message"]
    assert message == "the law's bounds are 0 to 1000 pence (SI 2000/682)"


async def test_a_type_of_another_nation_is_refused_and_its_sibling_named(client, mint):
    answer = await put(client, mint, "1.0", council="hillshire", code="freedom-of-information")
    assert answer.status_code == 400
    assert "Use freedom-of-information-scotland." in answer.json()["detail"]
    sibling = await put(client, mint, "1.0", council="hillshire", code="freedom-of-information-scotland")
    assert sibling.status_code == 201


async def test_the_path_names_what_the_source_is(client, mint):
    assert (await put(client, mint, "9.9", source=source_of("9.8"), welsh=WELSH)).status_code == 400
    assert (await put(client, mint, "1.0", code="no-such-type")).status_code == 404


async def test_a_sandbox_key_and_a_reader_change_nothing(client, mint):
    assert (await put(client, mint, "2.0", mode="sandbox")).status_code == 403
    headers = headers_of(mint, scopes=["casework:read"])
    answer = await client.put(url(f"{TYPE}/2.0"), json={}, headers=headers)
    assert answer.status_code == 403
    other = await client.get(url(TYPE, "hillshire"), headers=headers_of(mint, "citytown"))
    assert other.status_code == 403


@pytest.mark.parametrize(("council", "nation"), [("citytown", "england"), ("hillshire", "scotland")])
async def test_each_council_gets_the_types_of_its_nation_once(database, council, nation):
    async with database.writing(council) as session:
        done = await install(session, council)
        again = await install(session, council)
        missing = [code for code in list_codes() if not await find_published(session, council, code)]
        await session.execute(text("DELETE FROM case_type_version"))
    assert done.nation == nation
    assert again.published == ()
    assert "complaint-scotland" in (done.published if nation == "scotland" else missing)
    assert all(nation in load(code).nations for code in done.published)


async def test_the_command_installs_for_every_council_or_those_it_is_told(settings, database, capsys):
    assert await install_case_types(settings, ["--council", "hillshire"]) is ExitCode.DONE
    assert await install_case_types(settings, []) is ExitCode.DONE
    assert await install_case_types(settings, ["--council", "nowhere"]) is ExitCode.REFUSED
    for council, code in (("citytown", "complaint"), ("hillshire", "complaint-scotland")):
        async with database.writing(council) as session:
            version = await find_published(session, council, code)
            await session.execute(text("DELETE FROM case_type_version"))
        assert version.bound.case_type.code == code
    assert '"outcome": "installed"' in capsys.readouterr().out
