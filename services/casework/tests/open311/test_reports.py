"""Reports by Open311: what is taken, what is told, and what is told to nobody."""

import asyncio

import pytest

from .conftest import PLACE, read_xml

PERSON = {"first_name": "Rosa", "last_name": "Thorne", "email": "rosa@example.org", "phone": "07700900123"}


async def test_a_report_opens_a_case_and_anybody_sees_what_becomes_of_it(site, act, catch_up, now):
    reference = await site.report(address_string="Mill Lane", description="Deep", **PERSON)
    [view] = (await site.get(f"requests/{reference}.json")).json()
    assert view == {
        "service_request_id": reference,
        "status": "open",
        "status_notes": "We will inspect it",
        "service_name": "Pothole",
        "service_code": "pothole",
        "agency_responsible": "Citytown Council",
        "requested_datetime": "2026-04-02T09:00:00Z",
        "updated_datetime": "2026-04-02T09:00:00Z",
        "expected_datetime": "2026-04-13T23:00:00Z",
        "address": "Mill Lane",
        "lat": 51.3811,
        "long": -2.359,
    }
    now("2026-04-03T10:00:00Z")
    await act(reference, "inspect", fields={"category": "none", "depth": 3})
    await catch_up()
    response = await site.get("requests.json", service_request_id=reference, extensions="true")
    [view] = response.json()
    assert (view["status"], view["status_notes"]) == ("closed", "It does not need a repair now")
    assert view["extended_attributes"] == {"status": "no_further_action", "external_status_code": "no_repair"}
    assert view["updated_datetime"] == "2026-04-03T10:00:00Z"


async def test_what_a_person_wrote_is_in_the_case_and_in_no_list(site, client, mint):
    reference = await site.report(
        description="My neighbour Ben", media_url="https://x.example/1.jpg", **PERSON
    )
    responses = [
        await site.get(f"requests/{reference}.{form}", extensions="true", api_key=site.key)
        for form in ("json", "xml")
    ]
    responses += [await site.get("requests.json"), await site.get("requests.xml")]
    for response in responses:
        assert reference in response.text
        assert not [word for word in ("Rosa", "example", "07700", "neighbour") if word in response.text]
    token = mint(scopes=["casework:read"], exp=4_000_000_000, mode="live")
    path = f"/citytown/casework/v1/cases/by-reference/{reference}"
    case = (await client.get(path, headers={"X-Api-Key": token})).json()
    assert case["fields"] == {
        "place": "51.3811, -2.359",
        "details": "My neighbour Ben",
        "photo_links": ["https://x.example/1.jpg"],
        "contact": "Rosa Thorne, rosa@example.org, 07700900123",
    }


async def test_a_private_report_is_seen_by_nobody(site):
    response = await site.send(
        "missed-bin",
        **{
            "address_id": "100012345999",
            "attribute[bin]": "food",
            "attribute[collection_day]": "2026-04-01T00:00:00Z",
        },
    )
    assert response.status_code == 200, response.text
    reference = response.json()[0]["service_request_id"]
    for params in ({}, {"api_key": site.key}):
        assert (await site.get(f"requests/{reference}.json", **params)).status_code == 404
        assert (await site.get(f"tokens/{reference}.json", **params)).status_code == 404
        assert (await site.get("requests.json", service_request_id=reference, **params)).json() == []
        assert reference not in (await site.get("requests.json", **params)).text


async def test_a_report_sent_again_is_the_same_report_even_in_a_race(site, open_site):
    members = {"attribute[fixmystreet_id]": "471"}
    answers = await asyncio.gather(*(site.send(**members) for _ in range(5)))
    first = {answer.json()[0]["service_request_id"] for answer in answers}
    assert len(first) == 1
    assert {await site.report(description="Other words", **members)} == first
    assert {await open_site("another-site").report(**members)} != first
    sandbox = open_site(f"{site.base}-sandbox", mode="sandbox")
    assert {await sandbox.report(**members)} != first


async def test_a_new_key_of_a_sender_is_still_theirs(open_site):
    first, second = open_site("one-site"), open_site("one-site")
    assert first.key != second.key
    members = {"attribute[fixmystreet_id]": "472"}
    assert await first.report(**members) == await second.report(**members)


async def test_the_sandbox_and_another_council_see_nothing_of_each_other(site, open_site):
    sandbox = open_site("sand", mode="sandbox")
    played, real = await sandbox.report(), await site.report()
    assert (await site.get(f"requests/{played}.json")).status_code == 404
    assert (await site.get(f"requests/{played}.json", api_key=sandbox.key)).status_code == 200
    assert (await site.get(f"requests/{real}.json", api_key=sandbox.key)).status_code == 404
    other = open_site("other", council="hillshire")
    assert (await other.get(f"requests/{real}.json")).status_code == 404
    other.base = site.base
    assert (await other.send()).status_code == 403


@pytest.mark.parametrize("form", ["json", "xml"])
async def test_errors_have_the_shape_and_the_statuses_of_the_standard(site, open_site, form):
    path = f"requests.{form}"
    keyless, scopeless = open_site(), open_site(scopes=["casework:read"])
    keyless.key = ""
    cases = [
        (403, await keyless.post(path, service_code="pothole", **PLACE)),
        (403, await scopeless.post(path, service_code="pothole", **PLACE)),
        (404, await site.post(path, service_code="no-such", **PLACE)),
        (404, await site.post(path, service_code="complaint", **PLACE)),
        (400, await site.post(path, **PLACE)),
        (400, await site.post(path, service_code="pothole")),
        (400, await site.post(path, service_code="pothole", lat="51")),
        (400, await site.post(path, service_code="pothole", lat="nan", long="1")),
        (400, await site.post(path, service_code="pothole", description="x" * 4001, **PLACE)),
        (400, await site.post(path, service_code="pothole", media_url="javascript:alert(1)", **PLACE)),
        (400, await site.post(path, service_code="fly-tip", **{"attribute[waste]": "gold"}, **PLACE)),
        (400, await site.post(path, service_code="fly-tip", **{"attribute[evidence]": "me"}, **PLACE)),
        (400, await site.post(path, service_code="pothole", description="a\0b", **PLACE)),
        (413, await site.post(path, service_code="pothole", description="x" * 300_000, **PLACE)),
        (404, await site.get(f"requests/HF7K-2P9Q-XBC.{form}")),
        (404, await site.get(f"services/no-such.{form}")),
        (400, await site.get(path, start_date="2026-01-01T00:00:00Z", end_date="2026-06-01T00:00:00Z")),
        (400, await site.get(path, start_date="yesterday")),
        (400, await site.get(path, end_date="0001-01-01T00:00:00Z")),
        (403, await site.get(path, api_key="forged")),
        (404, await site.get("requests.pdf")),
        (400, await site.client.delete(f"{site.base}/requests.{form}")),
    ]
    for status, response in cases:
        assert response.status_code == status, response.text
        if response.url.path.endswith("xml"):
            [error] = read_xml(response).findall("error")[:1]
            code, description = error.findtext("code"), error.findtext("description")
        else:
            code, description = response.json()[0]["code"], response.json()[0]["description"]
        assert code == str(status)
        assert len(description) > 10
        assert site.key not in response.text


async def test_a_refusal_of_the_case_type_is_in_its_words(site):
    members = {
        "address_id": "100012345998",
        "attribute[bin]": "food",
        "attribute[collection_day]": "2026-03-02",
    }
    response = await site.send("missed-bin", **members)
    assert response.status_code == 400
    assert "too late to report this collection" in response.json()[0]["description"]


async def test_characters_that_xml_cannot_write_do_not_break_it(site):
    reference = await site.report(address_string="Mill \x08Lane <&> \ufffe\U0001f6a7")
    view = read_xml(await site.get(f"requests/{reference}.xml")).find("request")
    assert view.findtext("address") == "Mill \ufffdLane <&> \ufffd\U0001f6a7"
    assert reference in (await site.get("requests.xml")).text


async def test_a_form_in_parts_is_taken_and_a_file_in_it_refused(site):
    members = {"api_key": site.key, "service_code": "pothole", "address_string": "Mill Lane", "email": ""}
    parts = {name: (None, value) for name, value in members.items()}
    response = await site.client.post(f"{site.base}/requests.xml", files=parts)
    assert response.status_code == 200, response.text
    assert read_xml(response).find("request/service_request_id").text
    parts["media"] = ("a.jpg", b"\xff\xd8", "image/jpeg")
    response = await site.client.post(f"{site.base}/requests.xml", files=parts)
    assert response.status_code == 400
    assert read_xml(response).findtext("error/code") == "400"


async def test_a_key_may_come_in_a_header(site):
    data = {"service_code": "pothole", **PLACE}
    response = await site.client.post(
        f"{site.base}/requests.json", data=data, headers={"X-Api-Key": site.key}
    )
    assert response.status_code == 200, response.text


async def test_lists_are_filtered_and_paged(site, now):
    now("2026-05-02T09:00:00Z")
    references = [await site.report(code) for code in ("pothole", "pothole", "pothole")]
    window = {"start_date": "2026-05-02T08:00:00Z", "end_date": "2026-05-02T10:00:00Z"}
    pages = [
        [
            view["service_request_id"]
            for view in (await site.get("requests.json", page=page, page_size=2, **window)).json()
        ]
        for page in (1, 2, 3)
    ]
    assert pages == [references[:0:-1], references[:1], []]
    for params, size in (
        ({"status": "closed"}, 0),
        ({"status": "open,closed", "service_code": "pothole,fly-tip"}, 3),
        ({"service_code": "fly-tip"}, 0),
        ({"updated_after": "2026-05-02T09:00:00Z"}, 3),
        ({"updated_before": "2026-05-02T08:59:59Z"}, 0),
        ({"status": "", "page": ""}, 3),
    ):
        assert len((await site.get("requests.json", **window | params)).json()) == size, params
    references_text = f"{references[0]}, {references[1].lower().replace('-', '')}"
    assert (
        len((await site.get("requests.json", service_request_id=references_text, status="closed")).json())
        == 2
    )
