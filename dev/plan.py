"""What a town consists of: each process, its command line and its environment."""

import asyncio
import os
import secrets
import sys
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from dev import nats, ports, postgres, state
from dev.ports import Ports
from dev.supervisor import Process
from dev.trouble import Trouble

SERVICES = ("address", "payments", "casework", "mapping", "identity")
OUTSIDE_POSTGRES = "TOWNHALL_POSTGRES_URL"
OUTSIDE_NATS = "TOWNHALL_NATS_URL"


@dataclass(frozen=True)
class Town:
    """One town: where its state is, its ports, which demonstration data it loads."""

    folder: Path
    ports: Ports
    data: str = "full"

    @property
    def gateway(self) -> str:
        """Where clients find everything."""
        return self.url("gateway")

    @property
    def upstream(self) -> str:
        """Where the simulated providers are: by a name, which shares no cookies with the town's number."""
        return f"http://localhost:{self.ports.of('upstream')}"

    @property
    def service(self) -> str:
        """Where the demonstration service is."""
        return f"http://localhost:{self.ports.of('service')}"

    def url(self, name: str) -> str:
        """The address of one of the town's HTTP servers."""
        return f"http://{ports.HOST}:{self.ports.of(name)}"

    @property
    def sandbox(self) -> Path:
        """The file that holds what a client of the demonstration needs."""
        return self.folder / "sandbox.json"


def own_ports() -> list[str]:
    """The names of the ports this town will listen on."""
    outside = {"postgres": OUTSIDE_POSTGRES, "nats": OUTSIDE_NATS}
    return [name for name in ports.OFFSETS if not os.environ.get(outside.get(name, ""))]


def secrets_of(town: Town) -> dict[str, str]:
    """Database passwords by role, identity's master key, its secret at the directory; made once and kept."""
    roles = [role for name in SERVICES for role in (name, f"{name}_owner")]
    known = state.passwords(town.folder, [postgres.SUPERUSER, *roles])
    # 32 bytes each: identity seals its signing keys in the database with the one; the other is its secret at
    # the simulated directory.
    if missing := [name for name in ("identity_master_key", "directory") if name not in known]:
        known |= {name: urlsafe_b64encode(secrets.token_bytes(32)).decode() for name in missing}
        state.write(town.folder / "passwords.json", known)
    return known


def admin_url(town: Town) -> str:
    """A superuser's URL of the PostgreSQL that this town uses."""
    outside = os.environ.get(OUTSIDE_POSTGRES, "")
    password = secrets_of(town)[postgres.SUPERUSER]
    own = f"postgresql://{postgres.SUPERUSER}:{password}@{ports.HOST}:{town.ports.of('postgres')}/postgres"
    if outside and not urlsplit(outside).hostname:
        raise Trouble(
            f"{OUTSIDE_POSTGRES} is no PostgreSQL URL.",
            "Write postgresql://USER:PASSWORD@HOST:PORT/postgres.",
        )
    return outside or own


def nats_url(town: Town) -> str:
    """The NATS that this town uses."""
    return os.environ.get(OUTSIDE_NATS, "") or nats.url(town.ports.of("nats"))


def database_url(town: Town, role: str, database: str) -> str:
    """The URL by which `role` reaches `database`."""
    place = urlsplit(admin_url(town))
    login = f"{role}:{secrets_of(town)[role]}@{place.netloc.rpartition('@')[2]}"
    return urlunsplit((place.scheme, login, f"/{database}", place.query, ""))


def service_environment(town: Town, name: str) -> dict[str, str]:
    """The environment of a service's processes: its runtime role, never the owner of its tables."""
    prefix = name.upper()
    env = {
        f"{prefix}_DATABASE_URL": database_url(town, name, name),
        f"{prefix}_NATS_URL": nats_url(town),
        f"{prefix}_ISSUER": f"{town.gateway}/identity/",
        f"{prefix}_JWKS_URL": f"{town.url('identity')}/identity/.well-known/jwks.json",
    }
    if name == "identity":
        env["IDENTITY_MASTER_KEY"] = secrets_of(town)["identity_master_key"]
        env["IDENTITY_MAIL"] = "sent-messages"  # read them at /identity/sent-messages
        env["IDENTITY_OUTBOUND_PRIVATE"] = "true"  # the outside providers are simulated on this machine
        env["IDENTITY_TEXTS"] = "sent-messages"
    # What the person set is kept: `ADDRESS_LOG_LEVEL=DEBUG make run`, ADDRESS_DATABASE_URL ...
    return env | base_environment()


def base_environment() -> dict[str, str]:
    """This person's environment without what would speak to PostgreSQL's client behind our back."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    # Few threads allocate in these processes: separate arenas for each would only cost memory.
    return {"MALLOC_ARENA_MAX": "2", **kept, "PYTHONUNBUFFERED": "1"}


def chassis(*arguments: str) -> list[str]:
    """The command line of one of a service's processes."""
    return [sys.executable, "-m", "chassis", *arguments]


def serve(town: Town, name: str) -> Process:
    """A service's web process."""
    argv = chassis("serve", name, "--port", str(town.ports.of(name)))
    env = service_environment(town, name)
    return Process(name, argv, env, answers(town.ports.of(name), "/health/ready"))


def work(town: Town, name: str) -> Process:
    """A service's worker: relay and consumers."""
    return Process(f"{name}-worker", chassis("work", name), service_environment(town, name))


def upstream(town: Town) -> Process:
    """The outside identity providers, simulated."""
    port = town.ports.of("upstream")
    argv = [sys.executable, "-m", "dev.upstream", "--port", str(port)]
    argv += ["--keep", str(town.folder / "upstream.json")]
    return Process("upstream", argv, base_environment(), answers(port, "/simulator/style.css"))


def migrate(town: Town) -> Process:
    """Brings every service's database to this version's tables, as the owner of each."""
    owners = {f"{n.upper()}_MIGRATION_URL": database_url(town, f"{n}_owner", n) for n in SERVICES}
    argv = [sys.executable, "-m", "dev.migrations", *SERVICES]
    return Process("migrations", argv, owners | base_environment())


def answers(port: int, path: str) -> Callable[[], Awaitable[bool]]:
    """A check that a GET of `path` is answered 200. Asked many times a second: plain and cheap."""
    question = f"GET {path} HTTP/1.1\r\nHost: {ports.HOST}\r\nConnection: close\r\n\r\n".encode()

    async def check() -> bool:
        try:
            async with asyncio.timeout(5):
                reader, writer = await asyncio.open_connection(ports.HOST, port)
                writer.write(question)
                status = await reader.readline()
                writer.close()
        except OSError:  # TimeoutError is one
            return False
        return status.split(b" ")[1:2] == [b"200"]

    return check
