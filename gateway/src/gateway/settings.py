"""Settings of the gateway, from environment variables with the prefix ``GATEWAY_``."""

from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def _check_hosts(value: str) -> str:
    for host in split_hosts(value):
        parts = urlsplit(f"//{host}")
        if not parts.hostname or not parts.port:
            raise ValueError(f"{host!r} is not host:port")
    return value


def split_hosts(upstream: str) -> list[str]:
    """Split ``a:1,b:2`` into the hosts of an upstream."""
    return [host.strip() for host in upstream.split(",")]


Port = Annotated[int, Field(ge=1, le=65_535)]
Upstream = Annotated[str, AfterValidator(_check_hosts)]
Rate = Annotated[int, Field(ge=1, le=1_000_000)]

_LAPTOP_UPSTREAMS: dict[str, Upstream] = {
    "address": "127.0.0.1:8001",
    "payments": "127.0.0.1:8002",
    "casework": "127.0.0.1:8003",
    "mapping": "127.0.0.1:8004",
    "identity": "127.0.0.1:8005",
    "resident": "127.0.0.1:8017",
}


class Settings(BaseSettings):
    """The defaults suit a laptop. Rates are sustained requests a second; bursts are bucket sizes."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", frozen=True)

    host: str = Field(default="127.0.0.1", description="Address Envoy listens on")
    port: Port = Field(default=8000, description="Port Envoy listens on")
    admin_port: Port = Field(default=8007, description="Envoy's admin, on loopback whatever `host` says")
    upstreams: dict[str, Upstream] = Field(
        default=_LAPTOP_UPSTREAMS, description="JSON: service to host:port, or several with commas"
    )
    contracts: Path = Field(default=Path("contracts/openapi"), description="One <service>.json each")
    out: Path = Field(default=Path(".run/gateway"), description="Where Envoy's files are written")

    issuer: str = "http://127.0.0.1:8000/identity/"
    audience: str = "townhall"
    identity_url: str = Field(default="", description="Empty: the upstream `identity`, by http")
    client_id: str = Field(default="", description="Client with the scope identity:gateway")
    client_secret: SecretStr = SecretStr("")
    nats_url: str = "nats://127.0.0.1:8022"
    nats_seed: SecretStr = Field(default=SecretStr(""), description="The gateway's NKey; empty: no accounts")
    nats_ca: Path | None = Field(default=None, description="PEM certificates that vouch for NATS")
    keys_age: int = Field(default=60, ge=1, description="Seconds Envoy keeps the issuer's public keys")

    members: str = Field(
        default="", max_length=253, description="Name of all replicas of the gateway, which share each limit"
    )
    credential_rate: Rate = Field(default=200, description="For each credential")
    credential_burst: Rate = 400
    address_rate: Rate = Field(default=50, description="For each client address without a credential")
    address_burst: Rate = 100
    token_rate: Rate = Field(default=50, description="For each client address at the token endpoint")
    token_burst: Rate = 60
    any_rate: Rate = Field(default=1_000, description="For each client address, whatever it sends")
    any_burst: Rate = 2_000
    connections: int = Field(default=10_000, ge=1, description="Client connections open at once")
    memory: int = Field(default=512, ge=1, description="MiB Envoy may hold before it refuses requests")
    trusted_hops: int = Field(default=0, ge=0, description="Proxies in front whose X-Forwarded-For counts")

    tls_certificate: Path | None = Field(default=None, description="PEM chain; with tls_key turns TLS on")
    tls_key: Path | None = None
    otlp_endpoint: str = Field(default="", description="OTLP/HTTP traces URL; empty: contexts only")
    trace_ratio: float = Field(default=0.01, ge=0, le=1, description="Share of new traces recorded")
    log_level: str = "INFO"

    @model_validator(mode="after")
    def _check_tls_pair(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key belong together: set both or neither")
        return self

    @model_validator(mode="after")
    def _check_identity(self) -> Self:
        if not self.identity_url and "identity" not in self.upstreams:
            raise ValueError("upstreams must name identity, or identity_url must be set")
        return self

    @property
    def identity_base_urls(self) -> list[str]:
        """Identity's own URLs: the control plane does not call through the gateway that it configures."""
        if self.identity_url:
            return [self.identity_url]
        return [f"http://{host}" for host in split_hosts(self.upstreams["identity"])]
