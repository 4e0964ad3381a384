"""Who may do what on NATS: each service its own, a council its own, only the owner the streams."""

import asyncio
import gc
import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from nats.js.errors import NotFoundError

from chassis.broker import accounts, keys, streams, topology
from chassis.broker.connection import Access, RefusedError, connect, jetstream
from chassis.broker.streams import OwnerSettings
from chassis.testing import eventually
from dev import nats as server
from gateway import subscription

CONTRACT = Path(__file__).parents[2] / "contracts" / "asyncapi.json"
COUNCILS = "identity.council.created"


class Broker:
    """A server with the accounts of the whole platform, and the seeds of its users."""

    def __init__(self, folder):
        self.folder = folder
        self.topology = topology.read_contract(CONTRACT)
        self.seeds = {name: keys.make_seed() for name in ("owner", "gateway", *self.topology.services)}
        self.outside = {}
        self.url = ""
        self.clients = []

    def public_key(self, user):
        return keys.get_public_key(self.seeds[user])

    def accounts(self):
        public = {name: self.public_key(name) for name in self.seeds}
        return accounts.render(self.topology, public, self.council_consumers())

    def council_consumers(self):
        return [
            topology.CouncilConsumer(council, name, keys.get_public_key(seed))
            for (council, name), seed in self.outside.items()
        ]

    async def connect(self, user, seed=None):
        client = await connect(Access(self.url, user, seed or self.seeds[user]), "test")
        self.clients.append(client)
        return client

    async def ensure(self):
        owner = await self.connect("owner")
        await streams.ensure_all(owner, self.topology, OwnerSettings(), self.council_consumers())
        return owner


@pytest.fixture(scope="module")
async def broker(tmp_path_factory):
    broker = Broker(tmp_path_factory.mktemp("nats"))
    broker.outside["citytown", "crm"] = keys.make_seed()
    broker.outside["hillshire", "crm"] = keys.make_seed()
    with server.running(broker.folder, accounts=broker.accounts()) as process:
        broker.url, broker.process = process.url, process
        await broker.ensure()
        yield broker
        for client in broker.clients:
            await client.close()


@pytest.fixture(scope="module")
async def owner(broker):
    return broker.clients[0]


@pytest.fixture(scope="module")
async def mapping(broker):
    return await broker.connect("mapping")


@pytest.fixture(scope="module")
async def identity(broker):
    return await broker.connect("identity")


async def publish(client, subject, body=b"{}"):
    return json.loads((await client.request(subject, body, timeout=1)).data)


async def count(owner, stream):
    return (await jetstream(owner).stream_info(stream)).state.messages


async def test_nobody_without_a_key_gets_in(broker):
    host, port = broker.url.removeprefix("nats://").split(":")
    for login in (
        "{}",
        '{"user":"owner","pass":"owner"}',
        f'{{"nkey":"{broker.public_key("owner")}","sig":"AA"}}',
    ):
        reader, writer = await asyncio.open_connection(host, int(port))
        assert b'"auth_required":true' in (await reader.readline())
        writer.write(f"CONNECT {login}\r\nPING\r\n".encode())
        assert b"Authorization Violation" in await reader.readline()
        writer.close()
        await writer.wait_closed()


async def test_a_user_with_an_unknown_key_is_told_what_to_do_once_a_minute(broker, caplog):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.5):
            await connect(Access(broker.url, "mapping", keys.make_seed()), "test")
    messages = [record.message for record in caplog.records if record.name.startswith("chassis")]
    assert len([message for message in messages if "accounts do not know this key" in message]) == 1
    assert len(messages) == len(set(messages))


async def test_a_stream_keeps_events_as_long_as_its_service_declares(broker, owner):
    ages = {
        name: (await jetstream(owner).stream_info(name)).config.max_age for name in broker.topology.streams
    }
    assert {name for name, age in ages.items() if not age} == {"IDENTITY"}
    assert {age for age in ages.values() if age} == {30 * 86_400}


def test_retention_is_read_from_the_contract_and_not_from_a_name():
    document = json.loads(CONTRACT.read_text())
    assert topology.make_topology(document).unlimited == {"identity"}
    for operation in document["operations"].values():
        operation.pop("x-retention", None)
        if operation["x-service"] == "address":
            operation["x-retention"] = "unlimited"
    assert topology.make_topology(document).unlimited == {"address"}


async def test_a_service_publishes_its_own_events_and_reads_what_it_declares(broker, identity, mapping):
    subject = f"townhall.citytown.{COUNCILS}"
    assert (await publish(identity, subject, b"mine"))["stream"] == "IDENTITY"
    pull = await jetstream(mapping).pull_subscribe_bind(consumer="mapping-councils", stream="IDENTITY")
    (message,) = await pull.fetch(1, timeout=5)
    assert (message.subject, message.data) == (subject, b"mine")
    await message.ack()
    state = await mapping.call_consumer("INFO", "IDENTITY", "mapping-councils")
    assert state["num_pending"] == 0
    assert "error" not in await mapping.call_consumer("RESET", "IDENTITY", "mapping-councils")
    assert (await publish(mapping, "dead.mapping.councils"))["stream"] == "DEAD_MAPPING"


async def test_a_batch_is_published_as_one_by_its_own_service_alone(broker, owner, identity, mapping):
    async def batch(client, number):
        batch_id, subject = uuid4().hex, "townhall.citytown.identity.council.changed"
        for position in range(1, number):
            headers = {"Nats-Batch-Id": batch_id, "Nats-Batch-Sequence": str(position)}
            await client.publish(subject, b"{}", headers=headers)
        headers = {"Nats-Batch-Id": batch_id, "Nats-Batch-Sequence": str(number), "Nats-Batch-Commit": "1"}
        return json.loads((await client.request(subject, b"{}", timeout=2, headers=headers)).data)

    before = await count(owner, "IDENTITY")
    assert "error" not in await batch(identity, 1_000)
    assert await count(owner, "IDENTITY") == before + 1_000
    with pytest.raises(RefusedError):
        await batch(mapping, 3)
    assert await count(owner, "IDENTITY") == before + 1_000


@pytest.mark.parametrize(
    "subject",
    [
        "townhall.citytown.identity.council.changed",
        "townhall.citytown.identity.token.revoked",
        "townhall.citytown.address.property.changed",
        "dead.address.councils",
        "$JS.API.STREAM.CREATE.FORGED",
        "$JS.API.STREAM.DELETE.IDENTITY",
        "$JS.API.STREAM.PURGE.IDENTITY",
        "$JS.API.STREAM.INFO.IDENTITY",
        "$JS.API.STREAM.MSG.GET.IDENTITY",
        "$JS.API.DIRECT.GET.IDENTITY",
        "$JS.API.CONSUMER.CREATE.IDENTITY.forged",
        "$JS.API.CONSUMER.DURABLE.CREATE.IDENTITY.forged",
        "$JS.API.CONSUMER.DELETE.IDENTITY.address-councils",
        "$JS.API.CONSUMER.MSG.NEXT.IDENTITY.address-councils",
        "$JS.ACK.IDENTITY.address-councils.1.1.1.1.1",
        "TOWN.API.CONSUMER.RESET.IDENTITY.address-councils",
        "_INBOX.address.forged",
        "$SYS.REQ.SERVER.PING",
    ],
)
async def test_a_service_publishes_nothing_else(mapping, subject):
    with pytest.raises(RefusedError, match="refuses this user to publish"):
        await mapping.request(subject, b"{}", timeout=0.2)


async def test_a_service_counts_its_dead_letters_and_reads_none(mapping):
    place = ("INFO", "DEAD_MAPPING", "mapping-properties")
    before = (await mapping.call_consumer(*place))["num_pending"]
    subject = f"dead.mapping.properties.letter.{uuid4().hex}"
    await jetstream(mapping).publish(subject, b"{}", headers={"Nats-Expected-Last-Subject-Sequence": "0"})
    assert (await mapping.call_consumer(*place))["num_pending"] == before + 1
    pull = "$JS.API.CONSUMER.MSG.NEXT.DEAD_MAPPING.mapping-properties"
    for refused in (pull, "TOWN.API.CONSUMER.RESET.DEAD_MAPPING.mapping-properties"):
        with pytest.raises(RefusedError):
            await mapping.request(refused, b"{}", timeout=0.2)


@pytest.mark.parametrize(
    "subject", [">", "townhall.>", "townhall.citytown.>", "_INBOX.>", "_INBOX.address.>", "$JS.>"]
)
async def test_a_service_listens_to_nothing_but_its_own_inbox(broker, owner, subject):
    client = await broker.connect("payments")
    messages = []

    async def record(message):
        messages.append(message)

    await client.subscribe(subject, cb=record)
    await client.flush()
    await publish(owner, "townhall.citytown.identity.council.changed")
    await owner.flush()
    await client.flush()
    await asyncio.sleep(0.05)
    assert not messages


async def test_a_reply_subject_stores_nothing_in_another_stream(broker, owner, mapping, identity):
    """The server does not check where a request's reply goes: the accounts must keep it out of TOWN."""
    await publish(identity, f"townhall.citytown.{COUNCILS}", b"bait")
    before = {
        stream: await count(owner, stream) for stream in ("PAYMENTS", "ADDRESS", "IDENTITY", "DEAD_PAYMENTS")
    }
    for reply in (
        "townhall.citytown.payments.payment.succeeded",
        "townhall.x.identity.token.revoked",
        "dead.payments.x",
    ):
        for subject in (
            "$JS.API.CONSUMER.MSG.NEXT.IDENTITY.mapping-councils",
            "$JS.ACK.IDENTITY.mapping-councils.1.1.1.1.1",
            "TOWN.API.CONSUMER.INFO.IDENTITY.mapping-councils",
            "TOWN.API.CONSUMER.RESET.IDENTITY.mapping-councils",
            "townhall.citytown.mapping.forged",
        ):
            await mapping.publish(subject, b"", reply=reply)
    await mapping.flush()
    await asyncio.sleep(0.2)
    assert {stream: await count(owner, stream) for stream in before} == before


async def test_a_council_reads_its_own_events_of_every_service_and_nothing_else(broker, owner, identity):
    address = await broker.connect("address")
    for council in ("citytown", "hillshire", "region"):
        await publish(identity, f"townhall.{council}.{COUNCILS}", council.encode())
        await publish(address, f"townhall.{council}.address.property.changed", council.encode())
    crm = await broker.connect("council_citytown_crm", broker.outside["citytown", "crm"])
    councils = []
    for stream in ("IDENTITY", "ADDRESS"):
        pull = await jetstream(crm).pull_subscribe_bind(consumer="council_citytown_crm", stream=stream)
        for message in await read_all(pull):
            councils.append(message.subject.split(".")[1])
            await message.ack()
    assert len(councils) >= 2
    assert set(councils) == {"citytown"}
    for subject in (
        "$JS.API.CONSUMER.MSG.NEXT.IDENTITY.council_hillshire_crm",
        "$JS.API.CONSUMER.CREATE.IDENTITY.council_citytown_crm",
        "$JS.API.CONSUMER.DURABLE.CREATE.IDENTITY.council_citytown_crm",
        "$JS.API.DIRECT.GET.IDENTITY",
        "townhall.citytown.identity.council.changed",
        "dead.identity.x",
    ):
        with pytest.raises(RefusedError):
            await crm.request(subject, b"{}", timeout=0.2)


async def read_all(pull):
    messages = []
    while True:
        try:
            messages += await pull.fetch(100, timeout=0.3)
        except TimeoutError:
            return messages


async def test_the_gateway_hears_of_councils_and_revocations_and_says_nothing(broker, identity):
    gateway = await broker.connect("gateway")
    subjects = []

    async def record(message):
        subjects.append(message.subject)

    for subject in accounts.GATEWAY_SUBJECTS:
        await gateway.subscribe(subject, cb=record)
    await gateway.flush()
    published = {f"townhall.citytown.identity.{event}" for event in ("council.changed", "token.revoked")}
    for subject in published:
        await publish(identity, subject)
    await eventually(lambda: published <= set(subjects))  # tests before may have published others
    with pytest.raises(RefusedError):
        await gateway.request("townhall.citytown.identity.token.revoked", b"{}", timeout=0.2)


async def test_a_new_council_consumer_works_after_a_reload_and_a_removed_one_is_put_out(broker, mapping):
    broker.outside["citytown", "new"] = seed = keys.make_seed()
    server.configure(broker.folder, broker.process.port, broker.accounts())
    server.reload(broker.process.process)
    await broker.ensure()
    client = await broker.connect("council_citytown_new", seed)
    pull = await jetstream(client).pull_subscribe_bind(consumer="council_citytown_new", stream="IDENTITY")
    assert await read_all(pull)
    del broker.outside["citytown", "new"]
    server.configure(broker.folder, broker.process.port, broker.accounts())
    server.reload(broker.process.process)
    await eventually(lambda: not client.is_connected)
    owner = await broker.ensure()
    with pytest.raises(NotFoundError):
        await jetstream(owner).consumer_info("IDENTITY", "council_citytown_new")
    assert mapping.is_connected


@pytest.mark.parametrize("seed", ["", "SU", "U" * 58, "SUAAAA" + "A" * 52, "su lower"])
def test_text_that_is_no_seed_is_refused(seed):
    with pytest.raises(ValueError, match=r"NKey|seed of a user"):
        keys.get_public_key(seed)


def test_one_wrong_character_of_a_seed_is_noticed():
    seed = keys.make_seed()
    for place in range(2, len(seed)):
        other = "A" if seed[place] != "A" else "B"
        with pytest.raises(ValueError, match="NKey"):
            keys.get_public_key(seed[:place] + other + seed[place + 1 :])


def test_accounts_need_a_public_key_of_each_user_and_never_repeat_a_seed(broker):
    public = {name: keys.get_public_key(seed) for name, seed in broker.seeds.items()}
    with pytest.raises(ValueError, match="no public key of mapping"):
        accounts.render(broker.topology, {name: key for name, key in public.items() if name != "mapping"})
    with pytest.raises(ValueError, match="no public keys of users") as error:
        accounts.render(broker.topology, {**public, "mapping": broker.seeds["mapping"]})
    assert broker.seeds["mapping"] not in str(error.value)
    with pytest.raises(ValueError, match="same public key"):
        accounts.render(broker.topology, {**public, "mapping": public["address"]})
    assert not any(seed in broker.accounts() for seed in broker.seeds.values())


def test_the_gateway_may_hear_exactly_what_it_listens_to():
    assert set(accounts.GATEWAY_SUBJECTS) == set(subscription.SUBJECTS)


# nats-py leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
async def test_with_tls_the_certificate_is_checked(tmp_path, caplog):
    certificate, key = make_certificate(tmp_path)
    tls = f'tls {{ cert_file: "{certificate}", key_file: "{key}" }}\n'
    with server.running(tmp_path / "nats", accounts=tls) as process:
        url = process.url.replace("nats://", "tls://")
        client = await connect(Access(url, "test", ca=certificate), "test")
        await client.flush()
        await client.close()
        (tmp_path / "other").mkdir()
        other_certificate, _ = make_certificate(tmp_path / "other")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await connect(Access(url, "test", ca=other_certificate), "test")
    assert "certificate verify failed" in caplog.text
    gc.collect()


def make_certificate(folder):
    """Make a certificate of 127.0.0.1 that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_file, key_file
