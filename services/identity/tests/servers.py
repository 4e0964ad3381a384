"""Servers that clients name, over https with a test CA, which misbehave as a test needs."""

import asyncio
import datetime
import json
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from joserfc.jwk import KeySet

HOST = "keys.citytown.gov.uk"


def authority(folder):
    """Make a test CA and a certificate for HOST: (file of the CA, server's context)."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _certificate("Test CA", root_key, "Test CA", root_key, None)
    served = _certificate(HOST, key, "Test CA", root_key, HOST)
    (folder / "ca.pem").write_bytes(root.public_bytes(Encoding.PEM))
    pem = Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    (folder / "server.pem").write_bytes(served.public_bytes(Encoding.PEM) + key.private_bytes(*pem))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.pem")
    return str(folder / "ca.pem"), context


def _certificate(name, key, issuer, issuer_key, host):
    now = datetime.datetime.now(datetime.UTC)
    usage = {"key_encipherment": False, "data_encipherment": False, "key_agreement": False}
    usage |= {"content_commitment": False, "crl_sign": host is None, "encipher_only": False}
    usage |= {"decipher_only": False, "digital_signature": True, "key_cert_sign": host is None}
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
    )
    if host:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    return builder.sign(issuer_key, SHA256())


def trusting(settings, authority, **overrides):
    """Settings that trust the test CA, and call private addresses with a short timeout."""
    changes = {"outbound_ca": authority[0], "outbound_private": True, "outbound_seconds": 1, **overrides}
    return settings.model_copy(update=changes)


@dataclass
class Server:
    """A service's own server: responds as set, and records requests."""

    port: int = 0
    status: int = 200
    body: bytes = b"{}"
    headers: dict = field(default_factory=dict)
    pause: float = 0  # seconds before each byte
    requests: list = field(default_factory=list)

    @property
    def url(self):
        return f"https://{HOST}:{self.port}/keys"

    def publish(self, *keys):
        self.body = json.dumps(KeySet(list(keys)).as_dict(private=False)).encode()

    async def answer(self, reader, writer):
        try:
            self.requests.append(await reader.readuntil(b"\r\n\r\n"))
            head = {"Content-Length": str(len(self.body)), "Connection": "close", **self.headers}
            lines = "".join(f"{name}: {value}\r\n" for name, value in head.items() if value is not None)
            response = f"HTTP/1.1 {self.status} X\r\n{lines}\r\n".encode() + self.body
            for part in [response[n : n + 1] for n in range(len(response))] if self.pause else [response]:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(self.pause)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # the caller has hung up, as a test of limits expects
        finally:
            writer.close()


@asynccontextmanager
async def listening(server, context):
    listener = await asyncio.start_server(server.answer, "127.0.0.1", 0, ssl=context)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()


class Names:
    """Resolves a name to these addresses, in turn, and counts."""

    def __init__(self, *turns):
        self.turns = list(turns)
        self.lookups = 0

    async def __call__(self, host, port):
        self.lookups += 1
        return self.turns[min(self.lookups, len(self.turns)) - 1]
