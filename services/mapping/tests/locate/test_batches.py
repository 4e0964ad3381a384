"""The areas of many points at once are those of each point alone."""

import pytest

from mapping.snapshots.actions import registry

POINTS = [
    (375500.0, 165500.0),
    (376000.0, 165500.0),
    (530000.0, 180000.0),
    (900000.0, 0.0),
    (375500.0, 165500.0),
]


async def send(fetch, points=POINTS, **body):
    body = {"points": points, "crs": "EPSG:27700", **body}
    return await fetch("/locate:batch", method="POST", json=body)


async def test_each_point_has_the_areas_that_it_has_alone(fetch):
    answer = (await send(fetch)).json()
    for (easting, northing), row in zip(POINTS, answer["points"], strict=True):
        if row["outside_gb"]:
            assert ((easting, northing), row["areas"]) == ((900000.0, 0.0), [])
            continue
        alone = (await fetch("/locate", point=f"{easting},{northing}")).json()
        areas = [
            (answer["areas"][place]["collection"], answer["areas"][place]["id"]) for place in row["areas"]
        ]
        assert areas == [(area["collection"], area["id"]) for area in alone["areas"]]
        borders = {answer["areas"][place]["id"] for place in row["on_boundary"]}
        assert borders == {area["id"] for area in alone["areas"] if area["on_boundary"]}
    assert len(answer["areas"]) == len({(area["collection"], area["id"]) for area in answer["areas"]})


async def test_layers_may_be_named(fetch):
    answer = (await send(fetch, areas=["wards"])).json()
    assert set(answer["generation"]) == {"wards"}
    assert (await send(fetch, areas=["roads"])).json()["errors"][0]["field"] == "query.areas"


async def test_a_layer_that_is_too_large_for_memory_is_left_out_and_said_so(fetch, monkeypatch):
    monkeypatch.setattr(registry, "MAX_FEATURES", 1)
    snapshots = fetch.snapshots
    for layer in snapshots.layers("citytown"):
        snapshots.cache.drop(layer.id)
    answer = (await send(fetch)).json()
    assert "wards" in answer["left_out"]
    assert (await send(fetch, areas=["wards"])).json()["code"] == "layer-too-large"


async def test_what_postgresql_answers_is_what_memory_answers(fetch, monkeypatch):
    question = {"point": "376000,165500", "kinds": "grit-bins", "within": 600}
    in_memory = (await fetch("/locate", **question)).json()
    monkeypatch.setattr(registry, "MAX_FEATURES", 0)
    for layer in fetch.snapshots.layers("citytown"):
        fetch.snapshots.cache.drop(layer.id)
    in_database = (await fetch("/locate", **question)).json()
    assert {**in_database, "as_of": ""} == {**in_memory, "as_of": ""}
    assert len(in_database["assets"]) == 3


@pytest.mark.parametrize(
    "body",
    [
        {"points": []},
        {"points": [[1, 2]] * 10_001},
        {"points": [[1]]},
        {"points": [["x", 2]]},
        {"points": [[1, 2]], "crs": "EPSG:1"},
        {"points": [[1, 2]], "datetime": "2019-05-02T00:00:00"},
        {"points": [[1, 2]], "more": 1},
    ],
)
async def test_a_batch_that_cannot_be_used_is_refused(fetch, body):
    response = await fetch("/locate:batch", method="POST", json=body)
    assert (response.status_code, response.json()["code"]) == (400, "invalid-request")
