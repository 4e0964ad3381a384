"""DVLA's Vehicle Enquiry API as its portal describes it, with its test registration numbers."""

import httpx
import pytest

from simulators.vehicle_enquiry.simulator import VehicleEnquiry


@pytest.fixture
def simulator():
    return VehicleEnquiry()


@pytest.fixture
async def http(simulator):
    transport = httpx.ASGITransport(simulator.app)
    headers = {"x-api-key": "simulated"}
    async with httpx.AsyncClient(transport=transport, base_url="http://dvla", headers=headers) as http:
        yield http


async def enquire(http, plate, **options):
    return await http.post("/v1/vehicles", json={"registrationNumber": plate}, **options)


@pytest.mark.parametrize(
    ("plate", "status"),
    [("ER19BAD", 400), ("ER19NFD", 404), ("ER19THR", 429), ("ER19ERR", 500), ("ER19MNT", 503), ("!", 400)],
)
async def test_test_registration_numbers_have_their_errors(http, plate, status):
    response = await enquire(http, plate)
    assert response.status_code == status
    assert response.json()["errors"][0]["status"] == str(status)


async def test_a_vehicle_is_the_same_each_time(http):
    first, second = await enquire(http, "AB12CDE"), await enquire(http, "AB12CDE")
    assert first.json() == second.json()
    assert first.json() != (await enquire(http, "AB12CDF")).json()
    assert (await enquire(http, "AA19PPP")).json()["co2Emissions"] == 0


async def test_who_shows_no_key_is_refused(http):
    response = await enquire(http, "AA19AAA", headers={"x-api-key": ""})
    assert response.status_code == 403


async def test_a_keeper_is_known_once_the_control_says_so(http):
    body = {"registrationNumber": "AB12CDE", "uprn": "1"}

    async def check():
        response = await http.post("/keeper-agreement/v1/checks", json=body)
        return response.json()["keeperAtAddress"]

    assert await check() == "unknown"
    assert (await http.put("/control/keepers/AB12CDE", json={"uprn": "1"})).status_code == 204
    assert await check() == "yes"
    body["uprn"] = "2"
    assert await check() == "no"


async def test_faults_are_as_many_as_they_were_ordered(http):
    assert (await http.post("/control/faults", json={"status": 503, "times": 2})).status_code == 204
    statuses = [(await enquire(http, "AA19AAA")).status_code for _ in range(3)]
    assert statuses == [503, 503, 200]


@pytest.mark.parametrize("members", [{"status": 200}, {"times": 0}, {"seconds": 61}, {"other": 1}, [], "x"])
async def test_a_fault_that_cannot_be_is_refused(http, members):
    response = await http.post("/control/faults", json=members)
    if isinstance(members, dict):
        assert response.status_code == 400
    assert (await enquire(http, "AA19AAA")).status_code == 200
