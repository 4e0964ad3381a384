"""Kills any one process while a council changes its gazetteer: no change is lost or doubled."""

import asyncio
import collections
import json
import threading
import time

import httpx
import pytest

from tests.waiting import eventually

pytestmark = pytest.mark.long

PROCESSES = (
    "address",
    "address-worker",
    "mapping",
    "mapping-worker",
    "identity",
    "identity-worker",
    "nats",
    "postgres",
    "envoy",
    "gateway",
)
PROPERTIES = range(907900112305, 907900112311)
URL = "/citytown/address/v1/addresses/{}"


class Writer(threading.Thread):
    """Changes properties in turn, and knows which version each must have."""

    def __init__(self, platform):
        super().__init__(daemon=True)
        headers = {"X-Api-Key": platform.key()}
        self.client = httpx.Client(base_url=platform.gateway, headers=headers, timeout=5, trust_env=False)
        self.stopping = threading.Event()
        self.state = {uprn: self.read(uprn) for uprn in PROPERTIES}
        self.changes = 0
        self.failures = collections.Counter()

    def read(self, uprn):
        response = self.client.get(URL.format(uprn))
        response.raise_for_status()
        return response.json()["version"], response.json()["easting"]

    def run(self):
        while not self.stopping.is_set():
            for uprn in PROPERTIES:
                self.change(uprn)

    def change(self, uprn):
        """Change a property. When the answer is lost, read from the property whether it happened."""
        version, easting = self.state[uprn]
        new_easting = round(easting + 0.01, 2)
        try:
            response = self.client.patch(
                URL.format(uprn), json={"easting": new_easting}, headers={"If-Match": f'"{version}"'}
            )
            if response.status_code == 200:
                self.state[uprn] = response.json()["version"], new_easting
                self.changes += 1
                return
            self.failures[response.status_code] += 1
            assert response.status_code in {429, 500, 502, 503, 504}, response.text
        except httpx.TransportError as error:
            self.failures[type(error).__name__] += 1
        time.sleep(0.1)
        self.settle(uprn, version, new_easting)

    def settle(self, uprn, version, new_easting):
        """Read whether a change happened whose answer was lost."""

        def read():
            try:
                return self.read(uprn)
            except httpx.HTTPError:
                return None

        state = eventually(read, within=60, every=0.2)
        assert state in {self.state[uprn], (version + 1, new_easting)}, "an acknowledged change was lost"
        self.state[uprn] = state


@pytest.fixture
def writer(platform):
    writer = Writer(platform)
    yield writer
    writer.stopping.set()
    if writer.is_alive():
        writer.join(70)
    writer.client.close()


@pytest.mark.timeout(150)
@pytest.mark.parametrize("name", PROCESSES)
def test_a_killed_process_loses_no_change_and_doubles_none(platform, writer, citytown, name):
    before = platform.processes()[name]
    start = {uprn: version for uprn, (version, _) in writer.state.items()}
    writer.start()
    eventually(lambda: writer.changes > 20, within=20)
    before.kill()

    def is_back():
        now = platform.processes().get(name)
        return now is not None and now.pid != before.pid

    eventually(is_back, within=30)
    changes = writer.changes
    eventually(lambda: writer.changes > changes + 20, within=60)
    writer.stopping.set()
    writer.join(70)
    assert not writer.is_alive()
    for uprn in PROPERTIES:
        assert writer.read(uprn) == writer.state[uprn]
    eventually(lambda: all(is_mapped(citytown, uprn, *writer.state[uprn]) for uprn in PROPERTIES), within=40)
    sequences = asyncio.run(read_sequences(platform))
    for uprn in PROPERTIES:
        version = writer.state[uprn][0]
        assert sequences[uprn][start[uprn] - version :] == list(range(start[uprn] + 1, version + 1)), (
            "each change is one event, in the order of the changes"
        )


def is_mapped(citytown, uprn, version, easting):
    try:
        response = citytown.get(f"/citytown/mapping/v1/points/{uprn}")
    except httpx.TransportError:
        return False
    return response.status_code == 200 and (response.json()["sequence"], response.json()["easting"]) == (
        version,
        easting,
    )


async def read_sequences(platform):
    """Read the sequences of the change events, by property, in the order of the stream."""
    client = await platform.connect_to_nats()
    js = client.jetstream()
    subject = "townhall.citytown.address.property.changed"
    message_count = (await js.stream_info("ADDRESS", subjects_filter=subject)).state.subjects[subject]
    subscription = await js.subscribe(subject, ordered_consumer=True)
    sequences = collections.defaultdict(list)
    event_ids = set()
    for _ in range(message_count):
        envelope = json.loads((await subscription.next_msg(timeout=10)).data)
        assert envelope["id"] not in event_ids, "an event stands in the stream twice"
        event_ids.add(envelope["id"])
        sequences[int(envelope["subject"])].append(envelope["sequence"])
    await client.close()
    return sequences


def test_with_the_control_plane_stopped_traffic_flows(platform, citytown):
    control_plane = platform.processes()["gateway"]
    control_plane.suspend()
    try:
        for _ in range(50):
            assert citytown.get(URL.format(PROPERTIES[0])).status_code == 200
    finally:
        control_plane.resume()
