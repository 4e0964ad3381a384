"""What is asked for is nobody's business: no log, span or metric holds an address that was looked for."""

import csv
import io
import json
import logging

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis.openapi import operations
from chassis.telemetry import Telemetry
from chassis.testing import eventually
from services.address.tests.batches.batch_worker import running_jobs

pytestmark = pytest.mark.usefixtures("gazetteer")
CANARY = "4711 canarygasse walcot"
BATCH = f"id,address,postcode\n1,{CANARY},\n2,1 acacia road walcot bath,ba1 5aa\n"
BODIES = {
    "application/json": [
        json.dumps(dict.fromkeys(names, CANARY))
        for names in (["address"], ["address", "postcode"], ["q"], ["reference"])
    ],
    "text/csv": [BATCH],
}
# Those who take an address or a part of one: the list that is walked must hold them.
TAKERS = {"suggest_addresses", "find_places", "places_by_postcode", "match_address", "match_batch"}


@pytest.fixture
def spans():
    return InMemorySpanExporter()


@pytest.fixture
async def watched(app, client, spans, mint):
    """A client of the service whose every request is a recorded span."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    telemetry = Telemetry(app, records=True)
    telemetry._tracer = provider.get_tracer("test")
    transport = httpx.ASGITransport(telemetry, raise_app_exceptions=False)
    scopes = sorted(
        {
            s
            for _, o in operations(app.openapi())
            for security in o["security"]
            for s in security.get("oauth2", [])
        }
    )
    key = {"X-Api-Key": mint(scopes=scopes)}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test.invalid", headers=key
    ) as watched_client:
        yield watched_client


def requests(document):
    """Every operation with the canary in each of its parameters, headers and bodies."""
    for path, item in document["paths"].items():
        url = path.replace("{council}", "citytown").replace("{uprn}", "1001")
        for method, operation in item.items():
            parameters = operation.get("parameters", [])
            params = {parameter["name"]: CANARY for parameter in parameters if parameter["in"] == "query"}
            names = {parameter["name"] for parameter in parameters if parameter["in"] == "header"} - {
                "Idempotency-Key"
            }
            headers = dict.fromkeys(names, CANARY)
            media = next(iter(operation.get("requestBody", {}).get("content", {})), None)
            if media:
                headers["Content-Type"] = media
            for content in BODIES.get(media, [CANARY]) if media else [None]:
                yield operation["operationId"], (method, url, params, headers, content)
            for name in params:  # one alone, for together another may be refused first
                yield operation["operationId"], (method, url, {name: CANARY}, headers, None)


async def test_what_is_looked_for_is_in_no_log_span_or_metric(app, watched, spans, caplog):
    statuses_by_operation = {}
    with caplog.at_level(logging.DEBUG):
        for name, (method, url, params, headers, content) in requests(app.openapi()):
            response = await watched.request(method, url, params=params, headers=headers, content=content)
            statuses_by_operation.setdefault(name, set()).add(response.status_code)
    assert statuses_by_operation.keys() >= TAKERS
    assert {name for name in TAKERS if statuses_by_operation[name] & {200, 202}} >= TAKERS - {
        "places_by_postcode"
    }
    assert not [name for name, statuses in statuses_by_operation.items() if max(statuses) >= 500]
    ours = [f"{record.getMessage()} {record.exc_info}" for record in caplog.records if record.name != "httpx"]
    recorded = [*ours, *(span.to_json() for span in spans.get_finished_spans())]
    recorded.append((await watched.get("/metrics")).text)
    assert len(spans.get_finished_spans()) > len(statuses_by_operation)
    assert [text for text in recorded if "canary" in text.lower()] == []


@pytest.mark.timeout(120)
async def test_a_batch_is_matched_by_the_real_engine_and_nothing_of_it_is_logged(
    watched, database, settings, capfd, caplog
):
    created = await watched.post(
        "/citytown/address/v1/match/batches", content=BATCH, headers={"Content-Type": "text/csv"}
    )
    url = created.headers["Location"]

    async def finished():
        batch = (await watched.get(url)).json()
        return batch if batch["status"] == "finished" else None

    async with running_jobs(database, settings.model_copy(update={"log_level": "DEBUG"})):
        batch = await eventually(finished, within=60, every=0.2)
    results = list(csv.reader(io.StringIO((await watched.get(batch["links"]["results"])).text)))
    assert [row[:3] for row in results[1:]] == [["1", "none", ""], ["2", "matched", "1001"]]
    output = capfd.readouterr()
    assert "canary" not in (output.out + output.err + caplog.text).lower()
