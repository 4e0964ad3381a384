"""Batches of addresses, through the gateway and the worker."""

import csv
import io

import httpx
import pytest

from tests.waiting import eventually

BATCHES = "/citytown/address/v1/match/batches"
CSV = {"Content-Type": "text/csv"}
ADDRESSES = """id,address,postcode
1,"75, York Street, Bath",BA1 1LJ
2,No such house anywhere at all,
3,,BA1 1LJ
"""


@pytest.fixture
def slow_client(platform):
    """Open a client with a timeout long enough for a large body."""
    headers = {"X-Api-Key": platform.key(), **CSV}
    with httpx.Client(base_url=platform.gateway, timeout=60, trust_env=False, headers=headers) as client:
        yield client


@pytest.mark.timeout(150)
def test_a_batch_is_matched_and_its_results_are_in_order(citytown):
    created = citytown.post(BATCHES, content=ADDRESSES, headers=CSV)
    assert created.status_code == 202

    def read_finished():
        batch = citytown.get(created.headers["Location"]).json()
        return batch if batch["status"] == "finished" else None

    batch = eventually(read_finished, within=120)
    assert (batch["rows"], batch["done"], batch["rejected"]) == (3, 3, 1)
    results = list(csv.reader(io.StringIO(citytown.get(batch["links"]["results"]).text)))
    assert results[0] == ["id", "outcome", "uprn", "confidence", "exact"]
    assert [row[:3] for row in results[1:]] == [
        ["1", "matched", "907900112305"],
        ["2", "none", ""],
        ["3", "rejected", ""],
    ]
    assert citytown.get(batch["links"]["rejects"]).text.splitlines()[1] == "4,3,address is empty"


@pytest.mark.timeout(150)
def test_neither_gateway_nor_service_keeps_a_large_upload_in_memory(platform, slow_client):
    """30 MB: more than the gateway's limit for other bodies."""
    processes = [platform.processes()[name] for name in ("envoy", "address")]
    before = [process.memory_info().rss for process in processes]
    line = b"%d,FLAT 12 SPRING COURT 97 YORK STREET BATH SOMERSET,BA1 1LJ\n"

    def lines():
        yield b"id,address,postcode\n"
        for start in range(0, 500_000, 5_000):
            yield b"".join(line % number for number in range(start, start + 5_000))

    created = slow_client.post(BATCHES, content=lines())
    after = [process.memory_info().rss for process in processes]
    growth = [end - start for start, end in zip(before, after, strict=True)]
    assert (created.status_code, created.json()["rows"]) == (202, 500_000)
    assert max(growth) < 15_000_000
    assert slow_client.delete(created.headers["Location"]).status_code == 204
