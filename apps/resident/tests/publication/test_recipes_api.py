"""Recipes over the API: refused with every fault, prepared, flipped by two people, taken back."""

import pytest
from sqlalchemy import text

from apps.resident.tests.publication.fake_casework import ROOT

GARDEN = (ROOT / "recipes" / "citytown" / "garden-waste.yaml").read_text()
BIN = (ROOT / "recipes" / "citytown" / "missed-bin.yaml").read_text()
DEARER = GARDEN.replace("£45.00", "£46.00")


async def send(api, differences=GARDEN, service="garden-waste", **options):
    return await api("POST", service, json={"differences": differences}, **options)


async def publish(api, bundle, service="garden-waste", by="ben", tag=None, **options):
    headers = {"If-Match": tag} if tag else {}
    place = f"{service}/publish"
    return await api("POST", place, json={"bundle": bundle}, by=by, headers=headers, **options)


@pytest.fixture(autouse=True)
async def nothing_is_live(database, client):
    yield
    async with database.writing("citytown") as session:
        for table in ("publication", "live_service", "bundle"):
            await session.execute(text(f"DELETE FROM {table}"))


async def test_a_recipe_is_prepared_then_live_and_casework_begins_cases_with_its_prices(
    api, client, casework
):
    recipe = (await send(api)).json()
    assert recipe["second_person"] == ["fee", "stops", "privacy"]
    [((code, number), body)] = casework.versions.items()
    assert (code, number) == ("garden-waste", recipe["case_type_version"])
    assert body["prices"]["first"]["tariffs"][0] == {"from": "2026-04-01", "pence": 5900}
    assert casework.published == {}
    assert (await client.get("/citytown/services/garden-waste/")).status_code == 404
    live = await publish(api, recipe["bundle"])
    assert (live.status_code, live.json()["published_by"], live.json()["version"]) == (200, "ben", 1)
    assert casework.published == {"garden-waste": number}
    assert "brown bin" in (await client.get("/citytown/services/garden-waste/")).text
    answer = await api("GET", "garden-waste")
    assert (answer.headers["ETag"], answer.json()["identifier"]) == ('"1"', recipe["identifier"])
    assert [item["service"] for item in (await api("GET", "")).json()["items"]] == ["garden-waste"]


async def test_the_same_file_again_is_the_same_version(api, casework):
    first, again = await send(api), await send(api, by="cai")
    assert again.json()["bundle"] == first.json()["bundle"]
    assert again.json()["sent_by"] == "ann"
    assert len(casework.versions) == 1


async def test_every_fault_is_named_by_file_line_and_path(api, casework):
    wrong = GARDEN.replace("max: 3}, have", "max: x}, have").replace("team: waste-north", "team: waste-nort")
    refused = await send(api, wrong)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid-recipe")
    places = [(fault["file"], fault["line"], fault["path"]) for fault in refused.json()["faults"]]
    assert ("citytown/garden-waste.yaml", 5, "ask.bins.max") in places
    assert refused.json()["errors"][0]["field"] == "body.differences"
    assert casework.versions == {}


@pytest.mark.parametrize(
    ("old", "new", "path", "reason"),
    [
        ("5 working days", "25 working days", "set.deliver_within", "not within 1 to 20 working days"),
        ("from 1 April", "2 months", "set.season", "not within 3 to 12 months"),
    ],
)
async def test_what_the_case_type_does_not_allow_has_its_line_too(api, old, new, path, reason):
    refused = await send(api, GARDEN.replace(old, new))
    assert refused.status_code == 400, refused.text
    [fault] = [fault for fault in refused.json()["faults"] if fault["path"] == path]
    assert fault["line"] == 4
    assert reason in fault["reason"]


async def test_caseworks_own_reason_stops_it(api, casework, database):
    error = {"field": "body.parameters.fund", "message": "it must be a fund", "code": "not_possible"}
    casework.refusal = {"code": "invalid-case-type", "detail": "fund: it is closed.", "errors": [error]}
    refused = await send(api)
    assert (refused.status_code, refused.json()["code"]) == (409, "not-prepared")
    assert "fund: it is closed." in refused.json()["detail"]
    assert refused.json()["errors"][0]["field"] == "casework.body.parameters.fund"
    casework.is_down = True
    down = await send(api)
    assert (down.status_code, down.headers["Retry-After"]) == (503, "5")
    async with database.reading("citytown") as session:
        assert await session.scalar(text("SELECT count(*) FROM bundle")) == 0


async def test_a_change_of_fee_wants_a_second_person(api):
    recipe = (await send(api)).json()
    alone = await publish(api, recipe["bundle"], by="ann")
    assert (alone.status_code, alone.json()["code"]) == (403, "second-person-needed")
    tag = (await publish(api, recipe["bundle"])).headers["ETag"]
    words = (await send(api, GARDEN.replace("name: {en: Subscribe", "name: {en: Sign up"))).json()
    assert words["second_person"] == []
    assert (await publish(api, words["bundle"], by="ann", tag=tag)).status_code == 200
    dearer = (await send(api, DEARER)).json()
    assert dearer["second_person"] == ["fee"]
    assert (await publish(api, dearer["bundle"], by="ann", tag='"2"')).status_code == 403


async def test_back_is_one_call_and_the_history_says_who(api, client, casework):
    first = (await send(api)).json()
    await publish(api, first["bundle"])
    second = (await send(api, DEARER)).json()
    assert (await publish(api, second["bundle"])).status_code == 428
    assert (await publish(api, second["bundle"], tag='"7"')).status_code == 412
    await publish(api, second["bundle"], tag='"1"')
    assert casework.published["garden-waste"] == second["case_type_version"]
    back = await api("POST", "garden-waste/back", by="cai", headers={"If-Match": '"2"'})
    assert (back.json()["bundle"], back.json()["version"]) == (first["bundle"], 3)
    assert casework.published["garden-waste"] == first["case_type_version"]
    history = (await api("GET", "garden-waste/history")).json()["items"]
    assert [(item["published_by"], item["is_back"]) for item in history] == [
        ("cai", True),
        ("ben", False),
        ("ben", False),
    ]
    page = await api("GET", "garden-waste/history", params={"limit": 2})
    rest = await api("GET", "garden-waste/history", params={"limit": 2, "after": page.json()["next"]})
    assert rest.json()["items"] == history[2:]


async def test_a_crash_before_the_flip_leaves_nothing_visible(api, client, casework):
    recipe = (await send(api)).json()
    casework.is_down = True
    assert (await publish(api, recipe["bundle"])).status_code == 503
    assert (await client.get("/citytown/services/garden-waste/")).status_code == 404
    casework.is_down = False
    assert (await publish(api, recipe["bundle"])).status_code == 200
    assert (await publish(api, recipe["bundle"], tag='"1"')).json()[
        "version"
    ] == 1  # it is live: nothing changes


async def test_strangers_and_other_services_are_refused(api):
    recipe = (await send(api)).json()
    assert (await send(api, scopes=["read", "publish"])).status_code == 403
    assert (await publish(api, recipe["bundle"], scopes=["read", "write"])).status_code == 403
    assert (await publish(api, recipe["bundle"], mode="sandbox")).status_code == 403
    other = await publish(api, recipe["bundle"], service="missed-bin")
    assert (other.status_code, other.json()["code"]) == (409, "other-service")
    assert (await publish(api, recipe["bundle"], council="hillshire")).status_code == 404
    assert (await api("POST", "garden-waste/back")).status_code == 409
    assert (await send(api, BIN, "garden-waste")).status_code == 400
    assert (await send(api, BIN, "no-such-service")).status_code == 400


async def test_charges_are_public_in_both_languages(api, client):
    recipe = (await send(api)).json()
    await publish(api, recipe["bundle"])
    page = await client.get("/citytown/services/charges")
    for words in ("£59.00", "£62.00", "1 April 2027", "Decided by Cabinet on 12 February 2026."):
        assert words in page.text
    welsh = await client.get("/citytown/services/charges?lang=cy")
    assert "Bin cyntaf" in welsh.text
    assert "1 Ebrill 2027" in welsh.text
    assert "There are no charges." in (await client.get("/hillshire/services/charges?lang=en")).text
