"""The commands, and Envoy's verdict on the files they write."""

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
def run_command(tmp_path, write_contracts, monkeypatch, capsys):
    """Run the command in this process, as a shell would; its status, output and errors."""
    monkeypatch.setenv("GATEWAY_CONTRACTS", str(write_contracts(tmp_path / "contracts")))

    def run(*arguments, **environment):
        for name, value in environment.items():
            monkeypatch.setenv(f"GATEWAY_{name}", value)
        status = main([*arguments, "--out", str(tmp_path / "out")])
        output = capsys.readouterr()
        return status, output.out.strip(), output.err

    return run


def is_valid(bootstrap):
    argv = [binaries.envoy(), "-c", bootstrap, "--mode", "validate"]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False).returncode == 0


@pytest.mark.parametrize("bare", [[], ["--bare"]], ids=["whole", "bare"])
def test_files_rendered_before_anything_runs_are_valid(run_command, tmp_path, bare):
    status, bootstrap, errors = run_command("render", *bare)
    assert (status, errors) == (0, "")
    assert is_valid(bootstrap)
    filters = list_filters(tmp_path / "out" / "bootstrap.json")
    assert filters == (["router"] if bare else FILTERS)


def list_filters(path):
    chains = json.loads(path.read_text())["static_resources"]["listeners"][0]["filter_chains"]
    return [http_filter["name"] for http_filter in chains[0]["filters"][0]["typed_config"]["http_filters"]]


def test_files_rendered_with_every_setting_are_valid(run_command, certificate):
    status, bootstrap, errors = run_command(
        "render",
        TLS_CERTIFICATE=str(certificate[0]),
        TLS_KEY=str(certificate[1]),
        OTLP_ENDPOINT="http://collector:4318/v1/traces",
        UPSTREAMS='{"address": "address.internal:8080,[::1]:8080", "identity": "[::1]:80"}',
        HOST="::",
    )
    assert (status, errors) == (0, "")
    assert is_valid(bootstrap)


def test_rendering_again_keeps_the_state(run_command, tmp_path):
    state = {"councils": [{"slug": "citytown", "status": "active"}], "revoked": [{"id": "lost"}]}
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "state.json").write_text(json.dumps(state))
    assert run_command("render")[0] == 0
    assert '"lost"' in (tmp_path / "out" / "dynamic" / "routes.json").read_text()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("PORT", "99999", "less than or equal to 65535"),
        ("UPSTREAMS", '{"address": "nowhere"}', "is not host:port"),
        ("UPSTREAMS", '{"address": "127.0.0.1:1,b"}', "'b' is not host:port"),
        ("UPSTREAMS", '{"address": "127.0.0.1:1"}', "upstreams must name identity"),
        ("CREDENTIAL_RATE", "0", "greater than or equal to 1"),
        ("TLS_KEY", "/key.pem", "tls_certificate and tls_key"),
        ("CONTRACTS", "/nowhere", "there are no contracts in /nowhere"),
    ],
)
def test_an_invalid_setting_is_a_message(run_command, name, value, message):
    status, _, errors = run_command("render", **{name: value})
    assert status == 1
    assert message in errors


def test_the_module_is_the_command(tmp_path):
    argv = [sys.executable, "-m", "gateway", "render", "--out", str(tmp_path)]
    environment = {"PATH": os.environ["PATH"], "GATEWAY_CONTRACTS": str(tmp_path)}
    completed = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert completed.returncode == 1
    assert completed.stderr.startswith("gateway: there are no contracts in ")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Write a self-signed certificate and its key to PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    chain = (
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
    unencrypted = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "chain.pem").write_bytes(chain.public_bytes(encoding))
    (folder / "key.pem").write_bytes(key.private_bytes(encoding, *unencrypted))
    return folder / "chain.pem", folder / "key.pem"


def test_with_a_certificate_the_gateway_speaks_tls_only(start_proxy, certificate, eventually):
    proxy = start_proxy(tls_certificate=certificate[0], tls_key=certificate[1], ready=False)
    trusted = ssl.create_default_context(cafile=str(certificate[0]))
    url = f"https://localhost:{proxy.settings.port}/health"

    def try_once():
        try:
            return httpx.get(url, verify=trusted, trust_env=False)
        except httpx.TransportError:
            return None

    assert eventually(try_once).json() == {"status": "ok"}
    with pytest.raises(httpx.TransportError):
        proxy.send("/health")
