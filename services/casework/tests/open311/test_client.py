"""The Python client of the standard, unmodified, on a real server."""

import asyncio
import socket
from threading import Thread

import pytest
import requests
import uvicorn
from georeport import GeoReport

from chassis.testing import eventually


@pytest.fixture(scope="module")
async def base(app, installed):
    """The address of a server of the app, on a port of its own."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
    thread = Thread(target=lambda: asyncio.run(server.serve([listening])), daemon=True)
    thread.start()
    await eventually(lambda: server.started)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/citytown/casework/open311/v2/"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(params=["json", "xml"])
def client_of_standard(base, request):
    return GeoReport(base, jurisdiction="citytown.example", output_format=request.param)


@pytest.fixture
def reference(base, mint):
    """A report as a site sends it: the client of the standard only reads."""
    key = mint(scopes=["casework:report"], mode="live")
    form = {"api_key": key, "service_code": "fly-tip", "address_string": "Mill Lane"}
    form |= {"attribute[waste]": "tyres", "description": "A pile", "lat": "51.38", "long": "-2.36"}
    response = requests.post(f"{base}requests.json", form, timeout=10)
    assert response.status_code == 200, response.text
    return response.json()[0]["service_request_id"]


def test_it_lists_services_and_their_questions(client_of_standard):
    services = client_of_standard.get_service_list()
    assert [each["service_code"] for each in services] == ["fly-tip", "missed-bin", "pothole"]
    definition = client_of_standard.get_service_definition("fly-tip")
    attributes = definition["attributes"]
    if isinstance(attributes, dict):  # as it gives XML
        attributes = attributes["attribute"]
    assert [each["code"] for each in attributes][:2] == ["waste", "size"]


def test_it_reads_a_report(client_of_standard, reference):
    report = client_of_standard.get_service_request(reference)
    assert (report["service_request_id"], report["status"]) == (reference, "open")
    assert (report["address"], float(report["lat"])) == ("Mill Lane", 51.38)


def test_it_lists_reports(client_of_standard, reference, base):
    reports = client_of_standard.get_service_requests(service_code="fly-tip", status="open")
    listed = reports if isinstance(reports, list) else [reports]
    assert reference in {each["service_request_id"] for each in listed}
    selected = client_of_standard.get_service_requests(service_request_id=reference)
    assert (selected[0] if isinstance(selected, list) else selected)["service_name"] == "Fly-tipping"


def test_an_unknown_report_is_an_error_to_it(client_of_standard):
    with pytest.raises(requests.HTTPError, match="404"):
        client_of_standard.get_service_request("HF7K-2P9Q-XBC")
