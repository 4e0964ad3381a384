"""Data sets of planning.data.gov.uk, made of the demonstration's layers."""

import csv
import io
import sys

import pytest
import shapely

from chassis import clock
from dev.demo_maps import list_entries, load_layer
from mapping.collections.actions import features
from mapping.collections.rules.states import NewFeature
from services.mapping.tests.layer_world import publish, read, remove

NAMES = [
    f"citytown/{name}"
    for name in (
        "conservation-areas",
        "conservation-area-documents",
        "tree-preservation-orders",
        "tree-preservation-zones",
        "protected-trees",
    )
]
BASE = "/citytown/mapping/v1/exports"
ROWS = {
    "conservation-area": 36,
    "conservation-area-document": 22,
    "tree-preservation-order": 24,
    "tree-preservation-zone": 18,
    "tree": 108,
}


@pytest.fixture(scope="module", autouse=True)
async def layers(database, client, app):
    for entry in list_entries(*NAMES):
        await load_layer(database, entry, mend=False)
    await app.state.snapshots.refresh()


@pytest.mark.parametrize("dataset", sorted(set(ROWS) - {"conservation-area"}))
async def test_a_data_set_passes_its_checks_and_is_a_csv(client, dataset):
    report = (await client.get(f"{BASE}/planning/{dataset}")).json()
    assert report["issues"] == []
    assert (report["rows"], report["synthetic"]) == (ROWS[dataset], True)
    response = await client.get(report["csv"])
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert len(rows) == ROWS[dataset]
    assert list(rows[0]) == report["columns"]
    assert len({row["reference"] for row in rows}) == len(rows)


async def test_what_is_wrong_in_a_real_file_is_shown_before_it_is_published(client):
    """Eleven of the council's conservation areas cross themselves, as their file has them."""
    report = (await client.get(f"{BASE}/planning/conservation-area")).json()
    assert {issue["type"] for issue in report["issues"]} == {"invalid geometry"}
    assert (report["rows"], report["errors"]) == (36, len(report["issues"]))
    refused = await client.get(report["csv"])
    assert (refused.status_code, refused.json()["code"]) == (409, "dataset-has-errors")
    csv.field_size_limit(sys.maxsize)
    despite = await client.get(report["csv"], params={"with_issues": "true"})
    rows = list(csv.DictReader(io.StringIO(despite.text)))
    assert len(rows) == 36
    assert all(shapely.from_wkt(row["geometry"]).is_valid for row in rows if row["reference"] == "CA-01")


async def test_a_council_without_the_layer_is_told_which(client):
    response = await client.get("/hillshire/mapping/v1/exports/planning/tree")
    assert response.status_code == 404
    assert "protected-trees" in response.json()["detail"]


async def test_what_was_taken_off_stays_with_its_end_date(client, database, app):
    order = "tree-preservation-orders"
    layer = await read(database, "citytown", order)
    async with database.reading("citytown") as session:
        former, back, *_ = await features.list_after(session, layer.id, 0, 2)
    await remove(database, layer, former.fid, back.fid)
    state = NewFeature(f"{back.fid}-again", back.geometry, back.properties)
    await publish(database, "citytown", {"name": order}, [state])
    await app.state.snapshots.refresh()
    checked = (await client.get(f"{BASE}/planning/tree-preservation-order")).json()
    assert (checked["rows"], checked["issues"]) == (ROWS["tree-preservation-order"], [])
    rows = csv.DictReader(io.StringIO((await client.get(checked["csv"])).text))
    ends = {row["reference"]: (row["end-date"], row["entry-date"]) for row in rows}
    today = f"{clock.now():%Y-%m-%d}"
    key = layer.key_property
    assert ends[former.properties[key]] == (today, today)
    assert ends[back.properties[key]][0] == ""
    # An order that has ended may still be named by its zones and trees.
    assert (await client.get(f"{BASE}/planning/tree")).json()["issues"] == []
