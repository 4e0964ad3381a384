"""Addresses for a council's client, through the gateway."""

import asyncio
import json

import httpx
import pytest

from tests.waiting import eventually

PLACES = "/citytown/address/search/places/v1"
YORK_STREET = 907900112305  # 75 York Street, Bath, BA1 1LJ


@pytest.fixture
def read_point(citytown):
    """Make ``read_point(uprn)``: the property's point in mapping, or None."""

    def read(uprn):
        response = citytown.get(f"/citytown/mapping/v1/points/{uprn}")
        return response.json() if response.status_code == 200 else None

    return read


def test_the_addresses_of_a_postcode_have_the_shape_of_os_places(citytown):
    response = citytown.get(f"{PLACES}/postcode", params={"postcode": "ba11lj"})
    body = response.json()
    assert response.status_code == 200
    assert body["header"]["totalresults"] == len(body["results"]) > 20
    first = body["results"][0]["DPA"]
    assert first["POSTCODE"] == "BA1 1LJ"
    assert first["ADDRESS"].endswith("YORK STREET, BATH, BA1 1LJ")
    assert str(YORK_STREET) in {result["DPA"]["UPRN"] for result in body["results"]}


@pytest.mark.parametrize("place", ["key header", "key parameter", "X-Api-Key", "Bearer"])
def test_a_key_is_accepted_wherever_os_clients_put_it(platform, gateway, place):
    key = platform.key()
    headers = {
        "key header": {"key": key},
        "X-Api-Key": {"X-Api-Key": key},
        "Bearer": {"Authorization": f"Bearer {key}"},
    }
    params = {"uprn": str(YORK_STREET), **({"key": key} if place == "key parameter" else {})}
    response = gateway.get(f"{PLACES}/uprn", params=params, headers=headers.get(place, {}))
    assert response.status_code == 200
    assert key not in response.text
    assert response.json()["results"][0]["DPA"]["UPRN"] == str(YORK_STREET)


def test_a_search_without_a_match_is_200_without_results(citytown):
    body = citytown.get(f"{PLACES}/postcode", params={"postcode": "ZE1 0AA"}).json()
    assert body["header"]["totalresults"] == 0
    assert "results" not in body


def test_typing_ahead_finds_the_property(citytown):
    items = citytown.get("/citytown/address/v1/addresses", params={"q": "75 york st"}).json()["items"]
    assert items[0]["uprn"] == str(YORK_STREET)


def test_a_change_of_a_property_reaches_the_map(citytown, read_point):
    before = citytown.get(f"/citytown/address/v1/addresses/{YORK_STREET}")
    new_point = {"easting": before.json()["easting"] + 1.5, "northing": before.json()["northing"]}
    url = f"/citytown/address/v1/addresses/{YORK_STREET}"
    changed = citytown.patch(url, json=new_point, headers={"If-Match": before.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.json()["version"] == before.json()["version"] + 1

    def read_new_point():
        point = read_point(YORK_STREET)
        return point if point and point["sequence"] == changed.json()["version"] else None

    assert eventually(read_new_point)["easting"] == new_point["easting"]


def test_of_two_changes_of_the_same_version_one_is_refused(citytown):
    url = f"/citytown/address/v1/addresses/{YORK_STREET}"
    etag = citytown.get(url).headers["ETag"]
    change = {"easting": 375166.0}
    assert citytown.patch(url, json=change).status_code == 428
    assert citytown.patch(url, json=change, headers={"If-Match": etag}).status_code == 200
    stale = citytown.patch(url, json={"easting": 375167.0}, headers={"If-Match": etag})
    assert (stale.status_code, stale.json()["status"]) == (412, 412)


def test_a_trace_runs_from_the_request_to_the_consumer(platform, citytown, read_point):
    """The traceparent a client sends is in the event that the change publishes."""
    trace = "0af7651916cd43dd8448eb211c80319c"
    url = f"/citytown/address/v1/addresses/{YORK_STREET}"
    headers = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    before = citytown.get(url)
    northing = before.json()["northing"] + 1
    changed = citytown.patch(
        url, json={"northing": northing}, headers={**headers, "If-Match": before.headers["ETag"]}
    )
    assert changed.status_code == 200
    eventually(lambda: (read_point(YORK_STREET) or {}).get("sequence") == changed.json()["version"])
    envelope = read_last_event(platform, "ADDRESS", str(YORK_STREET))
    assert envelope["traceparent"].split("-")[1] == trace


def read_last_event(platform, stream, subject):
    async def read():
        client = await platform.connect_to_nats()
        message = await client.jetstream().get_last_msg(stream, "townhall.citytown.address.property.changed")
        await client.close()
        return json.loads(message.data)

    envelope = asyncio.run(read())
    assert envelope["subject"] == subject
    return envelope


def test_an_error_of_os_places_is_in_its_own_shape(citytown):
    response = citytown.get(f"{PLACES}/postcode", params={"postcode": "X"})
    assert response.json() == {
        "error": {
            "statuscode": 400,
            "message": "Requested postcode must contain a minimum of the sector plus 1 digit of the district "
            "e.g. SO1. Requested postcode was X",
        }
    }
    assert response.status_code == 400


@pytest.mark.parametrize("path", [f"{PLACES}/postcode?postcode=BA11LJ", "/citytown/address/v1/addresses/1"])
def test_without_a_key_the_gateway_refuses_in_the_shape_of_the_path(gateway, path):
    response = gateway.get(path)
    assert response.status_code == 401
    body = response.json()
    assert body["error"]["statuscode"] == 401 if "places" in path else body["code"] == "missing-credential"
    assert isinstance(response, httpx.Response)
