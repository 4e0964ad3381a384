"""The commands dev/ and an image call, and what Envoy says to the files they write."""

import json
import os
import ssl
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dev import binaries
from gateway.__main__ import main

FILTERS = ["any-limit", "tokens", "denials", "limit", "bodies", "router"]


@pytest.fixture
def command(tmp_path, contract_files, monkeypatch, capsys):
    """Runs the command as a shell would, in this process; its status and what it said."""
    monkeypatch.setenv("GATEWAY_CONTRACTS", str(contract_files(tmp_path / "contracts")))

    def run(*arguments, **environment):
        for name, value in environment.items():
            monkeypatch.setenv(f"GATEWAY_{name}", value)
        status = main([*arguments, "--out", str(tmp_path / "out")])
        said = capsys.readouterr()
        return status, said.out.strip(), said.err

    return run


def valid(bootstrap):
    argv = [binaries.envoy(), "-c", bootstrap, "--mode", "validate"]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False).returncode == 0


@pytest.mark.parametrize("bare", [[], ["--bare"]], ids=["whole", "bare"])
def test_what_is_rendered_before_anything_runs_is_valid(command, tmp_path, bare):
    status, bootstrap, said = command("render", *bare)
    assert (status, said) == (0, "")
    assert valid(bootstrap)
    filters = filter_names(tmp_path / "out" / "bootstrap.json")
    assert filters == (
        ["router"] if bare else ["any-limit", "tokens", "denials", "limit", "bodies", "router"]
    )


def filter_names(path):
    chains = json.loads(path.read_text())["static_resources"]["listeners"][0]["filter_chains"]
    return [one["name"] for one in chains[0]["filters"][0]["typed_config"]["http_filters"]]


def test_everything_that_can_be_set_renders_to_something_valid(command, certificate):
    status, bootstrap, said = command(
        "render",
        TLS_CERTIFICATE=str(certificate[0]),
        TLS_KEY=str(certificate[1]),
        OTLP_ENDPOINT="http://collector:4318/v1/traces",
        UPSTREAMS='{"address": "address.internal:8080", "identity": "[::1]:80"}',
        HOST="::",
    )
    assert (status, said) == (0, "")
    assert valid(bootstrap)


def test_rendering_again_keeps_what_is_known(command, tmp_path):
    known = {"councils": [{"slug": "citytown", "status": "active"}], "revoked": [{"id": "lost"}]}
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "state.json").write_text(json.dumps(known))
    assert command("render")[0] == 0
    assert '"lost"' in (tmp_path / "out" / "dynamic" / "routes.json").read_text()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "99999", "less than or equal to 65535"),
        ("UPSTREAMS", '{"address": "nowhere"}', "is not host:port"),
        ("UPSTREAMS", '{"address": "127.0.0.1:1"}', "upstreams must name identity"),
        ("CREDENTIAL_RATE", "0", "greater than or equal to 1"),
        ("TLS_KEY", "/key.pem", "tls_certificate and tls_key"),
        ("CONTRACTS", "/nowhere", "there are no contracts in /nowhere"),
    ],
)
def test_a_setting_that_cannot_be_is_a_message(command, name, value, said):
    status, _, error = command("render", **{name: value})
    assert status == 1
    assert said in error


def test_the_command_is_the_module(tmp_path):
    argv = [sys.executable, "-m", "gateway", "render", "--out", str(tmp_path)]
    environment = {"PATH": os.environ["PATH"], "GATEWAY_CONTRACTS": str(tmp_path)}
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("gateway: there are no contracts in ")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate and its key, in PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    encoding = serialization.Encoding.PEM
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "chain.pem").write_bytes(made.public_bytes(encoding))
    (folder / "key.pem").write_bytes(key.private_bytes(encoding, *plain))
    return folder / "chain.pem", folder / "key.pem"


def test_tls_where_a_certificate_is_set(make_proxy, certificate, eventually):
    proxy = make_proxy(tls_certificate=certificate[0], tls_key=certificate[1], wait=False)
    trusted = ssl.create_default_context(cafile=str(certificate[0]))
    url = f"https://localhost:{proxy.settings.port}/health"

    def answer():
        try:
            return httpx.get(url, verify=trusted, trust_env=False)
        except httpx.TransportError:
            return None

    assert eventually(answer).json() == {"status": "ok"}
    with pytest.raises(httpx.TransportError):
        proxy.ask("/health")
