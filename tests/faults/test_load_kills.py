"""Kills processes in the middle of a load of a layer: it is whole or not there."""

import http.client
import json
import random
import time
import uuid

import httpx
import pytest

from tests.waiting import eventually

pytestmark = pytest.mark.long

FEATURES, MISSING = 30_000, 1_000
LAYER = {"title": "Trees", "kind": "assets", "geometry_type": "Point", "key_property": "ref"}
PROPERTIES = [{"name": "ref", "type": "string", "title": "Ref"}]
KILLED = ("mapping-worker", "postgres", "mapping-worker", "mapping", "mapping-worker")


def write_trees(numbers, shift=0.0):
    features = [
        {
            "type": "Feature",
            "properties": {"ref": f"t{number}"},
            "geometry": {
                "type": "Point",
                "coordinates": [-2.4 + number % 300 * 1e-4 + shift, 51.3 + number // 300 * 1e-4],
            },
        }
        for number in numbers
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


@pytest.fixture
def layer(citytown):
    """A published layer of trees that no other test has."""
    name = f"trees-{uuid.uuid4().hex[:8]}"
    path = f"/citytown/mapping/v1/layers/{name}"
    created = citytown.post(
        "/citytown/mapping/v1/layers",
        json={**LAYER, "name": name, "properties": PROPERTIES},
        headers={"Idempotency-Key": uuid.uuid4().hex},
    )
    assert created.status_code == 201, created.text
    return path


def send(citytown, layer, content):
    headers = {
        "Content-Disposition": 'attachment; filename="trees.geojson"',
        "Idempotency-Key": uuid.uuid4().hex,
    }
    response = citytown.post(f"{layer}/loads", content=content, headers=headers, timeout=60)
    assert response.status_code == 201, response.text
    return f"{layer}/loads/{response.json()['id']}"


def read(citytown, path):
    """Read, however long the platform is away."""

    def try_to_read():
        try:
            response = citytown.get(path)
        except httpx.TransportError:
            return None
        return response if response.status_code == 200 else None

    return eventually(try_to_read, within=90, every=0.2)


def wait_for(citytown, load, *states):
    def is_there():
        response = read(citytown, load)
        return response if response.json()["state"] in states else None

    return eventually(is_there, within=120, every=0.2)


def publish(citytown, load):
    """Publish: whoever gets no answer looks whether it was taken."""
    compared = wait_for(citytown, load, "compared", "refused")
    assert compared.json()["state"] == "compared", compared.text
    headers = {"If-Match": compared.headers["ETag"]}
    accept = [consent["accept"] for consent in compared.json()["consents"]]
    body = {"reason": "Survey", "accept": accept}

    def is_taken():
        try:
            response = citytown.post(f"{load}/publish", json=body, headers=headers)
        except httpx.TransportError:
            return None
        return response.status_code == 202 or read(citytown, load).json()["state"] in {
            "publishing",
            "published",
        }

    return eventually(is_taken, within=60, every=0.5)


def kill(platform, name):
    before = platform.processes()[name]
    before.kill()
    eventually(lambda: (now := platform.processes().get(name)) and now.pid != before.pid, within=30)


@pytest.mark.timeout(600)
def test_a_load_is_whole_whatever_is_killed_in_its_middle(platform, citytown, layer):
    first = send(citytown, layer, write_trees(range(FEATURES)))
    publish(citytown, first)
    wait_for(citytown, first, "published")
    # The second file moves all, leaves some out and adds as many.
    second = send(citytown, layer, write_trees(range(MISSING, FEATURES + MISSING), shift=0.5))
    for name in KILLED[:2]:
        time.sleep(random.uniform(0.2, 2))
        kill(platform, name)
    publish(citytown, second)
    for name in KILLED[2:]:
        time.sleep(random.uniform(0.1, 1.5))
        kill(platform, name)
    wait_for(citytown, second, "published")
    view = read(citytown, layer).json()
    assert (view["feature_count"], view["version"]) == (FEATURES, 2)
    counts = read(citytown, second).json()["counts"]
    assert (counts["added"], counts["missing"]) == (MISSING, MISSING), counts
    for number, is_there in ((MISSING - 1, False), (MISSING, True), (FEATURES + MISSING - 1, True)):
        response = citytown.get(
            f"/citytown/mapping/ogc/collections/{layer.rpartition('/')[2]}/items/t{number}"
        )
        assert response.status_code == (200 if is_there else 404)
        assert not is_there or response.json()["geometry"]["coordinates"][0] > -2.0


def test_a_file_beyond_the_limit_is_refused_before_it_is_sent(platform, layer):
    connection = http.client.HTTPConnection(*platform.gateway.removeprefix("http://").split(":"), timeout=20)
    connection.putrequest("POST", f"{layer}/loads")
    for name, value in {
        "X-Api-Key": platform.key(),
        "Content-Disposition": 'attachment; filename="trees.geojson"',
        "Content-Length": "100000001",
    }.items():
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    assert response.status == 413
    assert "100000000" in json.loads(response.read())["detail"].replace(",", "")
    connection.close()
