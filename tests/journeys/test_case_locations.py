"""A report arrives at the team of its ward: casework tells, mapping answers, casework routes."""

import gzip
import json
import secrets
import signal
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import shapely

from chassis.database import Database
from dev import ports, stack
from mapping.collections.actions import layers
from mapping.collections.rules.states import NewFeature
from mapping.settings import Settings
from services.mapping.tests.layer_world import WARDS, publish
from tests.waiting import eventually

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]
CASEWORK = "/citytown/casework/v1"
_FILE = Path(__file__).parents[2] / "dev/data/mapping/citytown/wards.geojson.gz"
_LONDON = (-0.1195, 51.5033)
_WITHIN = 90  # seconds: the machine has other work


def list_wards():
    """List citytown's wards of the demonstration: code, name and shape in degrees."""
    features = json.loads(gzip.decompress(_FILE.read_bytes()))["features"]
    return [
        (each["properties"]["gss"], each["properties"]["name"], shapely.geometry.shape(each["geometry"]))
        for each in features
    ]


@pytest.fixture(scope="module")
async def wards(platform):
    """Citytown's wards, which are published if the demonstration has not."""
    wards = list_wards()
    of_platform = stack.Stack(platform.state, ports.Ports(platform.base))
    environment = stack.service_environment(of_platform, "mapping")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        database = Database(Settings(), "journey", rows_secured=True)
    async with database.reading("citytown") as session:
        layer = await layers.find_layer(session, "citytown", "wards")
    if layer is None:
        features = [NewFeature(code, shape, {"code": code, "name": name}) for code, name, shape in wards]
        await publish(database, "citytown", {**WARDS, "storage_srid": 84}, features)
    await database.close()
    return wards


@pytest.fixture(scope="module")
def teams(platform, citytown_token, wards):
    """A team for one ward by its code, one for another by its name, and one for any other."""
    headers = {"Authorization": f"Bearer {citytown_token}"}
    (first, _, _), (_, second, _), *_ = wards
    areas = {"by-code": first, "by-name": second.upper(), "elsewhere": "*"}
    with httpx.Client(base_url=platform.gateway, headers=headers, timeout=10, trust_env=False) as client:
        for code, area in areas.items():
            body = {"name": code, "members": [], "areas": [{"area": area, "case_type": "missed-bin"}]}
            response = client.put(f"{CASEWORK}/teams/{code}", json=body)
            assert response.status_code == 200, response.text
    return list(areas)


@pytest.fixture
def report(citytown, teams):
    """Report a missed bin at a point in degrees by the API; return a function that reads its team."""

    def report(point):
        fields = {
            "uprn": str(100_000_000_000 + secrets.randbelow(10**9)),  # whose bin nobody has reported
            "bin": "food",
            "collection_day": datetime.now(UTC).date().isoformat(),
        }
        location = {"lat": point[1], "long": point[0]}
        body = {"case_type": "missed-bin", "fields": fields, "location": location}
        response = citytown.post(f"{CASEWORK}/cases", json=body)
        assert response.status_code == 201, response.text
        return lambda: citytown.get(f"{CASEWORK}/cases/{response.json()['id']}").json()["team"]

    return report


def place_in(wards, number):
    centre = wards[number][2].representative_point()
    return centre.x, centre.y


def test_a_missed_bin_arrives_at_the_team_of_its_ward(report, wards):
    by_code, by_name = report(place_in(wards, 0)), report(place_in(wards, 1))
    eventually(lambda: by_code() == "by-code", within=_WITHIN)
    eventually(lambda: by_name() == "by-name", within=_WITHIN)


def test_a_report_by_open311_arrives_there_too(platform, citytown, teams, wards):
    lon, lat = place_in(wards, 0)
    today = datetime.now(UTC).date().isoformat()
    form = {
        "api_key": platform.key(),
        "service_code": "missed-bin",
        "lat": lat,
        "long": lon,
        "description": "The food bin was left",
        "address_id": str(100_000_000_000 + secrets.randbelow(10**9)),
        "attribute[bin]": "food",
        "attribute[collection_day]": f"{today}T00:00:00Z",
    }
    response = citytown.post("/citytown/casework/open311/v2/requests.json", data=form)
    assert response.status_code in {200, 201}, response.text
    reference = response.json()[0]["service_request_id"]

    def find_team():
        items = citytown.get(f"{CASEWORK}/cases", params={"team": "by-code", "limit": 100}).json()["items"]
        return any(item["reference"].replace("-", "") == reference.replace("-", "") for item in items)

    eventually(find_team, within=_WITHIN)


def test_a_case_outside_any_area_goes_to_the_team_for_any_other(report, wards):
    inside, outside = report(place_in(wards, 0)), report(_LONDON)
    eventually(lambda: inside() == "by-code", within=_WITHIN)
    assert outside() == "elsewhere"


def test_while_mapping_is_down_a_case_waits_at_the_default_team_and_is_routed_later(platform, report, wards):
    worker = platform.processes()["mapping-worker"]
    worker.send_signal(signal.SIGSTOP)
    try:
        team = report(place_in(wards, 1))
        assert team() == "elsewhere"
        with pytest.raises(AssertionError):
            eventually(lambda: team() != "elsewhere", within=10)
    finally:
        worker.send_signal(signal.SIGCONT)
    eventually(lambda: team() == "by-name", within=_WITHIN)
