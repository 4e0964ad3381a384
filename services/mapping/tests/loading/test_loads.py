"""Files that people send: read by a job, compared with the layer, and published when they agree."""

import csv
import io
import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from mapping.collections.actions import features
from mapping.loading.routes import UPLOAD
from mapping.loading.store import loads
from mapping.settings import Settings
from services.mapping.tests.layer_world import GRIT_BINS, bin_at, clear, publish, read

LOADS = "/citytown/mapping/v1/layers/grit-bins/loads"
SCOPES = ["mapping:read", "mapping:write", "mapping:publish"]
HEADER = "ref,site,key_code,easting,northing\n"


@pytest.fixture(autouse=True)
async def no_loads(database):
    await clear(database)


@pytest.fixture
async def layer(database):
    """A layer of ten bins."""
    bins = [bin_at(number, 375000 + number, 165000) for number in range(10)]
    return await publish(database, "citytown", GRIT_BINS, bins)


@pytest.fixture
def headers(mint):
    token = mint(scopes=SCOPES, mode="live", sub="ann", client_id="an-editor")
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def send(client, headers, run_jobs):
    """Send a file and have it read: the load."""

    async def send(content, name="bins.csv", query="", **more):
        disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
        response = await client.post(
            LOADS + query, content=content, headers={**headers, **disposition, **more}
        )
        assert response.status_code == 201, response.text
        await run_jobs()
        return (await client.get(response.headers["Location"], headers=headers)).json()

    return send


@pytest.fixture
def act(client, headers, run_jobs):
    """Publish a load: the answer, after the job."""

    async def act(load, *accept, version=None, **body):
        response = await client.post(
            f"{LOADS}/{load['id']}/publish",
            json={"reason": "Yearly survey", "accept": list(accept), **body},
            headers={**headers, "If-Match": f'"{version or load["version"]}"'},
        )
        await run_jobs()
        return response

    return act


def rows(*bins, header=HEADER):
    return header + "".join(f"GB-{n},Site {n},4711,{east},165000\n" for n, east in bins)


TEN = [(number, 375000 + number) for number in range(10)]


async def list_current(database, layer):
    async with database.reading(layer.council) as session:
        return {each.fid: each for each in await features.list_after(session, layer.id, 0, 20_000)}


async def test_a_file_is_compared_published_and_ids_stay(database, layer, send, act, client, headers):
    before = await list_current(database, layer)
    content = rows((0, 375500), *TEN[1:9], (11, 376000)).replace("Site 5", "Corner")
    load = await send(content)
    assert load["state"] == "compared"
    counts = {"added": 1, "changed": 1, "moved": 1, "same": 7, "missing": 1, "refused": 0, "standing": 10}
    assert (load["counts"], load["consents"], load["file_format"]) == (counts, [], "CSV")
    assert (await read(database, "citytown", "grit-bins")).version == layer.version
    moved = (await client.get(f"{LOADS}/{load['id']}/rows?change=moved", headers=headers)).json()
    assert [row["feature"] for row in moved["items"]] == ["GB-0"]
    assert (await act(load)).status_code == 202
    after = await list_current(database, layer)
    assert sorted(set(before) ^ set(after)) == ["GB-11", "GB-9"]
    assert {fid: after[fid].number for fid in before if fid in after} == {
        fid: each.number for fid, each in before.items() if fid in after
    }
    assert after["GB-5"].properties["site"] == "Corner"
    assert (await client.get(f"{LOADS}/{load['id']}", headers=headers)).json()["state"] == "published"


async def test_a_person_decides_on_bad_rows_and_gets_them_as_a_table(layer, send, act, client, headers):
    load = await send(rows(*TEN, (5, 375000), (12, 900000)) + '"=1+1",x,,abc,165000\n')
    assert load["counts"]["refused"] == 3
    refusal = await act(load)
    assert refusal.status_code == 409
    assert refusal.json()["consents"] == ["refused-rows"]
    table = await client.get(f"{LOADS}/{load['id']}/problems.csv", headers=headers)
    lines = list(csv.reader(io.StringIO(table.text.removeprefix("\ufeff"))))
    assert [line[0] for line in lines] == ["row", "11", "12", "13"]
    assert [line[2] for line in lines[1:]] == ["repeated-key", "outside", "unreadable-row"]
    assert "'=1+1" not in lines[3][4]
    assert (await act(load, "refused-rows")).status_code == 202


async def test_more_than_a_fifth_gone_needs_a_second_yes(database, layer, send, act):
    load = await send(rows(*TEN[:7]))
    assert [each["accept"] for each in load["consents"]] == ["many-missing"]
    assert (await act(load)).json()["code"] == "consent-needed"
    assert len(await list_current(database, layer)) == 10
    assert (await act(load, "many-missing")).status_code == 202
    assert len(await list_current(database, layer)) == 7


@pytest.mark.long
async def test_a_guess_must_be_agreed_to(layer, send, act):
    load = await send(rows(*TEN, header="ref,site,key_code,x,y\n"))
    assert [each["accept"] for each in load["consents"]] == ["guesses"]
    assert (await act(load)).status_code == 409
    assert (await act(load, "guesses")).status_code == 202


async def test_a_generation_ends_what_is_gone_and_begins_what_is_new(database, layer, send, act):
    load = await send(rows(*TEN[:9], (20, 376000)), query="?effective_from=2027-05-06T00:00:00%2B01:00")
    await act(load)
    after = await list_current(database, layer)
    assert after["GB-9"].valid_to.isoformat() == "2027-05-05T23:00:00+00:00"
    assert after["GB-20"].valid_from.isoformat() == "2027-05-05T23:00:00+00:00"
    assert (after["GB-0"].valid_from, after["GB-0"].valid_to) == (None, None)
    again = await send(rows(*TEN[:9], (20, 376000)))
    assert (again["counts"]["missing"], again["counts"]["same"]) == (0, 10)


@pytest.mark.parametrize(
    ("local", "begins"),
    [
        ("2027-05-06T00:00:00%2B01:00", "2027-05-05T23:00:00+00:00"),  # in summer
        ("2028-02-29T00:00:00Z", "2028-02-29T00:00:00+00:00"),
    ],
)
async def test_a_change_of_a_generation_is_not_seen_before_its_moment(
    layer, send, act, client, mint, set_clock, local, begins
):
    """By the clock and by ``datetime``: the bin stands where it stood, and from that moment elsewhere."""
    load = await send(rows(*TEN[:9], (9, 378000)), query=f"?effective_from={local}")
    assert (load["counts"]["moved"], load["counts"]["missing"]) == (1, 0)
    await act(load)
    moment = datetime.fromisoformat(begins)
    eve = moment - timedelta(seconds=1)

    async def get(path, params):  # a token of the moment
        token = mint(scopes=SCOPES, mode="live")
        answer = await client.get(path, params=params, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def find(easting, at=None):
        params = {"point": f"{easting},165000", "kind": "grit-bins", "within": 5}
        params |= {"datetime": at.isoformat()} if at else {}
        items = (await get("/citytown/mapping/v1/near", params))["items"]
        return [(each["label"], each["distance_m"] < 1) for each in items][:1]

    async def list_eastings(at):
        params = {"datetime": at.isoformat().replace("+00:00", "Z"), "ref": "GB-9"}
        params["crs"] = "http://www.opengis.net/def/crs/EPSG/0/27700"
        url = "/citytown/mapping/ogc/collections/grit-bins/items"
        items = (await get(url, params))["features"]
        return [each["geometry"]["coordinates"][0] for each in items]

    again = await send(rows(*TEN[:9], (9, 378000)))
    assert (again["counts"]["missing"], again["counts"]["same"]) == (0, 10)
    present = [("Site 9", True)]
    for at, old, new in ((eve, present, []), (moment, [("Site 8", False)], present)):
        assert (await find(375009, at), await find(378000, at)) == (old, new)
        assert await list_eastings(at) == [375009 if old is present else 378000]
        set_clock(at.isoformat())
        assert (await find(375009), await find(378000)) == (old, new)


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (
            b"<OGRVRTDataSource><OGRVRTLayer name='passwd'/></OGRVRTDataSource>",
            "a.geojson",
            "not-what-it-is-called",
        ),
        (b'{"type": "FeatureCollection", "features": [', "a.geojson", "unreadable"),
    ],
)
async def test_a_hostile_file_is_refused_and_the_layer_serves(
    database, layer, send, act, content, name, code
):
    load = await send(content, name)
    assert (load["state"], load["problem"]["code"]) == ("refused", code)
    assert (await act(load)).status_code == 409
    assert await read(database, "citytown", "grit-bins") == layer


async def test_a_change_after_the_comparison_is_compared_again(database, layer, send, act, client, headers):
    load = await send(rows(*TEN, (11, 376000)))
    await publish(database, "citytown", GRIT_BINS, [bin_at(11, 376000, 165000)])
    assert (await act(load)).status_code == 202
    again = (await client.get(f"{LOADS}/{load['id']}", headers=headers)).json()
    assert (again["state"], again["problem"]["code"]) == ("compared", "layer-changed")
    assert again["counts"]["added"] == 0


async def test_a_load_is_changed_by_who_knows_its_version(layer, send, act, client, headers):
    load = await send(rows(*TEN))
    assert (await act(load, version=load["version"] + 1)).status_code == 412
    path = f"{LOADS}/{load['id']}"
    assert (await client.delete(path, headers=headers)).status_code == 428
    discarded = await client.delete(path, headers={**headers, "If-Match": f'"{load["version"]}"'})
    assert discarded.status_code == 204
    assert (await client.get(path, headers=headers)).json()["state"] == "discarded"
    assert [each["state"] for each in (await client.get(LOADS, headers=headers)).json()["items"]] == [
        "discarded"
    ]


async def test_the_same_key_sends_a_file_once(layer, client, headers):
    key = {"Idempotency-Key": "a-file", "Content-Disposition": 'attachment; filename="a.csv"'}
    answers = [await client.post(LOADS, content=rows(*TEN), headers={**headers, **key}) for _ in range(2)]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert len((await client.get(LOADS, headers=headers)).json()["items"]) == 1


async def test_loads_are_for_those_who_may_and_of_their_council(layer, client, mint, headers):
    reader = {"Authorization": f"Bearer {mint(scopes=['mapping:read'])}"}
    assert (await client.post(LOADS, content=b"x", headers=reader)).status_code == 403
    unknown = await client.post(LOADS.replace("grit-bins", "nothing"), content=b"x", headers=headers)
    assert unknown.status_code == 404
    assert (await client.post(LOADS, content=b"", headers=headers)).status_code == 400


def test_the_contract_and_the_setting_have_one_limit():
    assert UPLOAD["x-limits"]["body"] == Settings.model_fields["load_bytes"].default


async def test_a_file_over_the_limit_is_refused_whatever_its_head_said(
    layer, app, client, headers, monkeypatch
):
    monkeypatch.setattr(app.state.settings, "load_bytes", 1_000)

    async def stream():
        for _ in range(3):
            yield b"x" * 500

    for content in (b"x" * 1_001, stream()):
        response = await client.post(LOADS, content=content, headers=headers)
        assert (response.status_code, response.json()["code"]) == (413, "file-too-large")
        assert response.json()["limit"] == 1_000
    assert (await client.get(LOADS, headers=headers)).json()["items"] == []


async def test_a_layer_without_properties_takes_those_of_its_first_file(database, send, act):
    await publish(database, "citytown", {**GRIT_BINS, "properties": [], "key_property": ""}, [])
    content = json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {"Site Name": "A", "bins": 2},
                    "geometry": {"type": "Point", "coordinates": [-2.36, 51.38]},
                }
            ],
        }
    )
    load = await send(content, "bins.geojson")
    assert (await act(load)).status_code == 202
    layer = await read(database, "citytown", "grit-bins")
    assert [(each.name, each.type) for each in layer.properties] == [
        ("site_name", "string"),
        ("bins", "integer"),
    ]
    [feature] = (await list_current(database, layer)).values()
    assert feature.properties == {"site_name": "A", "bins": 2}


@pytest.mark.long
async def test_ten_thousand_rows_with_three_bad_ones(database, layer, send, act):
    many = [(number, 300000 + number) for number in range(10_000)]
    load = await send(rows(*many[:-3]) + "GB-x,a,,1,\nGB-y,a,,abc,1\nGB-0,a,,375000,165000\n")
    assert (load["counts"]["added"], load["counts"]["refused"]) == (9_987, 3)
    assert (await act(load, "refused-rows")).status_code == 202
    assert len(await list_current(database, layer)) == 9_997


@pytest.mark.long
async def test_a_reading_that_ends_in_the_middle_begins_again(
    database, layer, client, headers, run_jobs, monkeypatch
):
    many = [(number, 300000 + number) for number in range(5_000)]
    response = await client.post(
        LOADS, content=rows(*many), headers={**headers, "Content-Disposition": 'attachment; filename="a.csv"'}
    )
    stage, batches = loads.stage_rows, []

    async def die(*values):
        batches.append(values)
        if len(batches) == 2:
            raise ConnectionResetError("the worker is killed")
        await stage(*values)

    with monkeypatch.context() as patch:
        patch.setattr(loads, "stage_rows", die)
        await run_jobs()
    path = response.headers["Location"]
    async with database.writing("citytown") as session:
        assert await session.scalar(text("SELECT count(*) FROM load_row")) == 2_000
    assert (await client.get(path, headers=headers)).json()["state"] == "waiting"
    assert await read(database, "citytown", "grit-bins") == layer
    await run_jobs(after=timedelta(hours=1))
    again = (await client.get(path, headers=headers)).json()
    assert (again["state"], again["counts"]["added"], again["rows_read"]) == ("compared", 4_990, 5_000)
