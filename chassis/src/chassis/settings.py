"""Settings of a service, read from the environment with a prefix of its own."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

TCP_TIMEOUT = 25  # seconds


class Settings(BaseSettings):
    """The settings every service has. A service subclasses it and names its prefix (``ADDRESS_``)."""

    database_url: str = Field(description="Runtime role, DML only: postgresql://address:...@host/address")
    migration_url: str = Field(default="", description="Owner role; used by `migrate` and nothing else")
    tcp_timeout: int = Field(
        default=TCP_TIMEOUT,
        ge=0,
        le=7200,
        description="Seconds until PostgreSQL gives up a client that has vanished, and frees its locks;"
        " 0 leaves it to the server (behind PgBouncer, which refuses such settings)",
    )
    nats_url: str = Field(default="nats://127.0.0.1:8022", description="tls://host:port asks for TLS")
    nats_seed: SecretStr = Field(default=SecretStr(""), description="The service's NKey; empty: no accounts")
    nats_ca: Path | None = Field(default=None, description="PEM certificates that vouch for the NATS server")
    issuer: str = "http://127.0.0.1:8000/identity/"
    audience: str = "townhall"
    jwks_url: str = "http://127.0.0.1:8005/identity/.well-known/jwks.json"
    region: str = "local"
    max_body: int = Field(default=1_048_576, description="Largest request body, bytes")
    timeout: float = Field(default=10.0, description="Longest a request may take, seconds")
    drain_wait: float = Field(
        default=3.0,
        ge=0,
        le=60,
        description="Seconds it serves on after SIGTERM while it says it is not ready",
    )
    graceful_timeout: int = Field(
        default=11, ge=0, le=600, description="Seconds that requests in flight have after that"
    )
    worker_port: int = Field(
        default=8081, ge=0, le=65_535, description="Port of the worker's health and metrics"
    )
    otlp_endpoint: str = Field(default="", description="OTLP/HTTP collector; empty keeps spans in process")
    trace_ratio: float = Field(default=1.0, ge=0, le=1, description="Share of new traces recorded")
    log_level: str = "INFO"
    pool_size: int = Field(default=4, ge=1, description="Connections of the transactional pool")
    fast_pool_size: int = Field(default=4, ge=1, description="Connections of the plain asyncpg read pool")
    replicas: int = Field(
        default=1,
        ge=1,
        le=1000,
        description="Web processes of this service, which divide the limits that each counts in its memory",
    )
    pause_after: int = Field(
        default=5,
        ge=1,
        description="A consumer pauses after so many events in a row fail for the same reason in its handler",
    )
    long_jobs: int = Field(
        default=2, ge=1, le=50, description="Jobs of minutes that a worker runs at once, beside the others"
    )
    outbound_seconds: float = Field(
        default=5, gt=0, le=600, description="Seconds a call to another server may take, with its retries"
    )
    outbound_at_once: int = Field(default=50, ge=1, le=10_000, description="Calls to other servers at once")
    outbound_at_once_per_host: int = Field(
        default=20, ge=1, le=10_000, description="Of those, calls to one host"
    )
    outbound_attempts: int = Field(
        default=3, ge=1, le=10, description="How often a call that may be repeated is made at most"
    )
    outbound_circuit_failures: int = Field(
        default=10, ge=1, le=1000, description="A host that fails so often in a row is left alone"
    )
    outbound_circuit_seconds: float = Field(
        default=10, gt=0, le=3600, description="Seconds for which it is left alone"
    )
    outbound_private: bool = Field(
        default=False,
        description="Call servers at private addresses too; only where you trust every client that names one",
    )
    outbound_ca: str = Field(
        default="",
        max_length=4096,
        description="File of the CAs trusted in such calls; empty for the system's",
    )
    sealing_key: SecretStr = Field(
        default=SecretStr(""),
        description="32 random bytes as URL-safe base64, with which secrets of webhooks are sealed; a service"
        " that sends webhooks does not start without it",
    )
    assets: str = Field(
        default="", description="Folder of GOV.UK Frontend; empty for the one in the checkout, or /assets"
    )
