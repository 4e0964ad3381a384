"""Who looks after a place: the first rule that fits, written with care for others' changes."""

import asyncio

import pytest

POINT = "375500,165500"
RULE = {"report_kind": "pothole", "body": "National Highways", "contact": "0300 123 5000"}


@pytest.fixture
def write(fetch):
    async def send(method, path="", *, json=None, mode="live", **headers):
        list_named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await fetch(
            f"/responsibility-rules{path}",
            method=method,
            scopes=("mapping:publish",),
            json=json,
            headers=list_named,
            mode=mode,
        )

    return send


@pytest.fixture(autouse=True)
async def no_rules(write, fetch):
    for rule in (await fetch("/responsibility-rules")).json()["items"]:
        await write("DELETE", f"/{rule['id']}", If_Match="*")
    fetch.forget()


async def find_body(fetch, kind="pothole", point=POINT):
    fetch.forget()
    return (await fetch("/responsibility", point=point, kind=kind)).json()


async def test_without_a_rule_nobody_is_named(fetch):
    assert (await find_body(fetch))["body"] is None


async def test_the_first_rule_that_fits_names_the_body(fetch, write):
    for position, values in (
        (30, {"report_kind": "*", "body": "Citytown"}),
        (
            20,
            {
                **RULE,
                "layer": "roads",
                "within_metres": 30,
                "property_name": "name",
                "property_values": ["york street"],
            },
        ),
        (
            10,
            {
                **RULE,
                "layer": "roads",
                "within_metres": 30,
                "property_name": "name",
                "property_values": ["M4"],
                "body": "x",
            },
        ),
    ):
        assert (await write("POST", json={**values, "position": position})).status_code == 201
    answer = await find_body(fetch)
    assert (answer["body"], answer["contact"], answer["feature"]["id"]) == (
        "National Highways",
        "0300 123 5000",
        "R1",
    )
    assert answer["generation"] == {"roads": 1}
    assert (await find_body(fetch, "litter"))["body"] == "Citytown"
    assert (await find_body(fetch, point="375500,165700"))["body"] == "Citytown"


async def test_a_street_is_maintained_by_the_body_of_its_own_road(fetch, write):
    values = {"property_name": "name", "property_values": ["The Avenue"], "within_metres": 500}
    await write("POST", json={**RULE, "report_kind": "street", "layer": "roads", **values})
    fetch.forget()
    answer = (await fetch("/locate", point=POINT)).json()
    assert (answer["street"]["name"], answer["street"]["maintained_by"]) == ("York Street", None)
    answer = (await fetch("/locate", point="375500,165880")).json()
    assert answer["street"]["maintained_by"] == "National Highways"


async def test_a_parish_looks_after_what_lies_in_it(fetch, write):
    await write("POST", json={"report_kind": "*", "layer": "wards", "property_name": "code",
                              "property_values": ["E05000001"], "body": "Parish"})  # fmt: skip
    assert (await find_body(fetch))["body"] is None
    answer = await find_body(fetch, point="376500,165500")
    assert (answer["body"], answer["feature"]["label"]) == ("Parish", "Ward E05000001")


async def test_a_rule_is_changed_only_at_the_version_that_was_read(write):
    response = await write("POST", json={**RULE, "layer": "roads"})
    rule, tag = response.json(), response.headers["ETag"]
    assert (rule["layer"], rule["version"], tag) == ("roads", 1, '"1"')
    path = f"/{rule['id']}"
    assert response.headers["Location"].endswith(path)
    assert (await write("PUT", path, json=RULE)).status_code == 428
    changed = await write("PUT", path, json={**RULE, "body": "Somerset"}, If_Match=tag)
    assert (changed.json()["body"], changed.json()["layer"], changed.headers["ETag"]) == (
        "Somerset",
        None,
        '"2"',
    )
    assert (await write("PUT", path, json=RULE, If_Match=tag)).status_code == 412
    assert (await write("DELETE", path, If_Match=tag)).status_code == 412
    assert (await write("GET", path)).json()["body"] == "Somerset"
    assert (await write("DELETE", path, If_Match='"2"')).status_code == 204
    assert (await write("GET", path)).status_code == 404
    assert (await write("PUT", path, json=RULE, If_Match="*")).status_code == 404


async def test_two_who_change_a_rule_at_once_do_not_both_succeed(write):
    rule = (await write("POST", json=RULE)).json()
    changes = [write("PUT", f"/{rule['id']}", json={**RULE, "body": body}, If_Match='"1"') for body in "ab"]
    assert sorted(each.status_code for each in await asyncio.gather(*changes)) == [200, 412]


async def test_the_same_key_creates_one_rule(fetch, write):
    first, again = [await write("POST", json=RULE, Idempotency_Key="rule-1") for _ in range(2)]
    assert first.json() == again.json()
    assert len((await fetch("/responsibility-rules")).json()["items"]) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"layer": "nowhere"}, "body.layer"),
        ({"within_metres": -1}, "body.within_metres"),
        ({"body": ""}, "body.body"),
        ({"body": "a\u0000b"}, "body.body"),
        ({"report_kind": "Pot hole"}, "body.report_kind"),
        ({"position": 2**31}, "body.position"),
        ({"extra": 1}, "body.extra"),
    ],
)
async def test_a_rule_that_cannot_be_used_is_refused_with_its_place(write, change, field):
    response = await write("POST", json={**RULE, **change})
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"].startswith(field)


async def test_reading_is_not_writing(fetch):
    response = await fetch("/responsibility-rules", method="POST", json=RULE)
    assert (response.status_code, response.json()["scope"]) == (403, "mapping:publish")


async def test_a_sandbox_credential_changes_no_rule_that_counts(fetch, write):
    rule = (await write("POST", json=RULE)).json()
    path = f"/{rule['id']}"
    for method, place, body in (
        ("POST", "", RULE),
        ("PUT", path, {**RULE, "body": "x"}),
        ("DELETE", path, None),
    ):
        response = await write(method, place, json=body, mode="sandbox", If_Match="*")
        assert (response.status_code, response.json()["code"]) == (403, "sandbox-credential")
    assert [each["body"] for each in (await fetch("/responsibility-rules")).json()["items"]] == [RULE["body"]]


async def test_another_councils_rules_are_its_own(fetch, write):
    rule = (await write("POST", json=RULE)).json()
    assert (await fetch(f"/responsibility-rules/{rule['id']}", council="hillshire")).status_code == 404
    assert (await fetch("/responsibility-rules", council="hillshire")).json()["items"] == []
