"""A real server on this machine, over https with a test CA, that misbehaves as a test needs.

A test points a setting at ``server.url``, trusts its CA by ``trusting`` and leads its name here by ``Names``.
"""

import asyncio
import datetime
import json
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from joserfc.jwk import Key, KeySet

from chassis.settings import Settings

AnySettings = TypeVar("AnySettings", bound=Settings)

HOST = "keys.citytown.gov.uk"
_BLOCK = b"x" * 65_536
_NO_USAGE = dict.fromkeys(
    (
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "content_commitment",
        "encipher_only",
        "decipher_only",
    ),
    False,
)


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA of the tests' own. ``file``: its certificate; ``tls``: what a server of its serves with."""

    file: str
    tls: ssl.SSLContext


def make_authority(folder: Path, host: str = HOST) -> Authority:
    """Make a CA and a certificate for a host in a folder."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _certify("Test CA", root_key, root_key, None)
    certificate = _certify(host, key, root_key, host)
    (folder / "ca.pem").write_bytes(root.public_bytes(Encoding.PEM))
    key_text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(certificate.public_bytes(Encoding.PEM) + key_text)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.pem")
    return Authority(str(folder / "ca.pem"), context)


def _certify(
    name: str, key: ec.EllipticCurvePrivateKey, root_key: ec.EllipticCurvePrivateKey, host: str | None
) -> x509.Certificate:
    now, issuer_key = datetime.datetime.now(datetime.UTC), root_key.public_key()
    usage = x509.KeyUsage(digital_signature=True, key_cert_sign=not host, crl_sign=not host, **_NO_USAGE)
    issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test CA")]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=not host, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(issuer_id, critical=False)
    )
    if host:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    return builder.sign(root_key, SHA256())


@dataclass
class Answer:
    """An answer and its fault, if any. A header of None is left out."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str | None] = field(default_factory=dict)
    pause: float = 0
    """Seconds after each byte."""
    cut_after: int | None = None
    """Bytes of head and body after which the connection breaks off."""
    is_endless: bool = False
    """The body never ends."""

    def write_bytes(self) -> bytes:
        """Write the answer as HTTP."""
        length = None if self.is_endless else str(len(self.body))
        head = {"Content-Length": length, "Connection": "close", **self.headers}
        lines = "".join(f"{name}: {text}\r\n" for name, text in head.items() if text is not None)
        return (f"HTTP/1.1 {self.status} X\r\n{lines}\r\n".encode() + self.body)[: self.cut_after]


@dataclass
class Server(Answer):
    """A server that gives ``answers`` in turn, and then itself as the answer; it records requests."""

    port: int = 0
    answers: list[Answer] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)
    scheme: str = "https"
    open_calls: int = 0
    most_open_calls: int = 0

    @property
    def url(self) -> str:
        """Where the server is."""
        return f"{self.scheme}://{HOST}:{self.port}/keys"

    def publish(self, *keys: Key) -> None:
        """Answer with these public keys as a JWK set."""
        self.body = json.dumps(KeySet(list(keys)).as_dict(private=False)).encode()

    def choose_answer(self, request: bytes) -> Answer:  # noqa: ARG002 - a server with a mind of its own reads it
        """Choose the answer to a request."""
        return self.answers.pop(0) if self.answers else self

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the one request of a connection."""
        self.open_calls += 1
        self.most_open_calls = max(self.most_open_calls, self.open_calls)
        try:
            self.requests.append(await _read_request(reader))
            answer = self.choose_answer(self.requests[-1])
            content = answer.write_bytes()
            for part in [content[n : n + 1] for n in range(len(content))] if answer.pause else [content]:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(answer.pause)
            while answer.is_endless:
                writer.write(_BLOCK)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # the caller has hung up, as a test of limits expects
        finally:
            self.open_calls -= 1
            writer.close()


async def _read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return head + await reader.readexactly(int(line.partition(b":")[2]))
    return head


def trusting(settings: AnySettings, authority: Authority, **changes: Any) -> AnySettings:
    """Return settings that trust the CA, and call private addresses with a short timeout."""
    trust = {"outbound_ca": authority.file, "outbound_private": True, "outbound_seconds": 1}
    return settings.model_copy(update={**trust, **changes})


@asynccontextmanager
async def listening(server: Server, context: ssl.SSLContext | None) -> AsyncIterator[Server]:
    """Run a server on a free port; by plain http without a context."""
    listener = await asyncio.start_server(server.answer, "127.0.0.1", 0, ssl=context)
    server.port = listener.sockets[0].getsockname()[1]
    server.scheme = "https" if context else "http"
    try:
        yield server
    finally:
        listener.close()


class Names:
    """Resolves a name to these addresses, in turn, and counts: the second turn is a DNS that rebinds."""

    def __init__(self, *turns: Sequence[str]) -> None:
        self.turns = list(turns)
        self.lookups = 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:  # noqa: ARG002 - any name leads here
        """Look up a name."""
        self.lookups += 1
        return self.turns[min(self.lookups, len(self.turns)) - 1]
