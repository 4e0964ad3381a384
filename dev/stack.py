"""The stack: all that runs on this machine, with its state, ports, passwords and environments."""

import os
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from chassis.broker import keys
from dev import nats, ports, postgres, state
from dev.errors import UserError
from dev.ports import Ports

SERVICES = ("address", "payments", "casework", "mapping", "identity", "resident")
PATHS = {"resident": "services"}
"""The first part of a service's paths below a council, where it is not its name."""
EXTERNAL_POSTGRES = "TOWNHALL_POSTGRES_URL"
EXTERNAL_NATS = "TOWNHALL_NATS_URL"


@dataclass(frozen=True)
class Stack:
    """One stack: the folder of its state, its ports, and how much demonstration data it loads."""

    folder: Path
    ports: Ports
    data: str = "full"

    @property
    def gateway(self) -> str:
        """Return the URL that clients use for everything."""
        return self.url("gateway")

    @property
    def upstream(self) -> str:
        """Return the URL of the simulated providers: by name, to share no cookies with 127.0.0.1."""
        return f"http://localhost:{self.ports.of('upstream')}"

    @property
    def demo_service(self) -> str:
        """Return the URL of the demonstration service."""
        return f"http://localhost:{self.ports.of('demo-service')}"

    def url(self, name: str) -> str:
        """Return the URL of one of the HTTP servers."""
        return f"http://{ports.HOST}:{self.ports.of(name)}"

    @property
    def sandbox(self) -> Path:
        """Return the file with the credentials of the demonstration."""
        return self.folder / "sandbox.json"


def own_ports() -> list[str]:
    """Return the names of the ports that a stack here listens on."""
    external = {"postgres": EXTERNAL_POSTGRES, "nats": EXTERNAL_NATS}
    return [name for name in ports.OFFSETS if not os.environ.get(external.get(name, ""))]


def secrets_of(stack: Stack) -> dict[str, str]:
    """Return database passwords by role, keys that encrypt, and identity's secret at the directory.

    They are made on the first run and kept.
    """
    roles = [role for name in SERVICES for role in (name, f"{name}_owner")]
    passwords = state.passwords(stack.folder, [postgres.SUPERUSER, *roles])
    # 32 bytes each: the keys that encrypt identity's signing keys and the services' secrets of webhooks, and
    # identity's secret at the simulated directory.
    names = ["identity_master_key", "directory", *(f"{name}_sealing_key" for name in SERVICES)]
    if missing := [name for name in names if name not in passwords]:
        passwords |= {name: urlsafe_b64encode(secrets.token_bytes(32)).decode() for name in missing}
        state.write(stack.folder / "passwords.json", passwords)
    return passwords


def admin_url(stack: Stack) -> str:
    """Return a superuser's URL of the stack's PostgreSQL."""
    external = os.environ.get(EXTERNAL_POSTGRES, "")
    password = secrets_of(stack)[postgres.SUPERUSER]
    own_url = (
        f"postgresql://{postgres.SUPERUSER}:{password}@{ports.HOST}:{stack.ports.of('postgres')}/postgres"
    )
    if external and not urlsplit(external).hostname:
        raise UserError(
            f"{EXTERNAL_POSTGRES} is no PostgreSQL URL.",
            "Write postgresql://USER:PASSWORD@HOST:PORT/postgres.",
        )
    return external or own_url


def uses_own_nats() -> bool:
    """Check whether the stack starts a NATS of its own."""
    return not os.environ.get(EXTERNAL_NATS)


def nats_seeds(stack: Stack) -> dict[str, str]:
    """Return the seed of each user of the stack's own NATS, made on the first run and kept."""
    file = stack.folder / "nats-seeds.json"
    seeds: dict[str, str] = state.read(file)
    if missing := [user for user in ("owner", "gateway", *SERVICES) if user not in seeds]:
        seeds |= {user: keys.make_seed() for user in missing}
        state.write(file, seeds)
    return seeds


def nats_url(stack: Stack) -> str:
    """Return the URL of the stack's NATS."""
    return os.environ.get(EXTERNAL_NATS, "") or nats.url(stack.ports.of("nats"))


def database_url(stack: Stack, role: str, database: str) -> str:
    """Return the URL by which `role` reaches `database`."""
    server = urlsplit(admin_url(stack))
    login = f"{role}:{secrets_of(stack)[role]}@{server.netloc.rpartition('@')[2]}"
    return urlunsplit((server.scheme, login, f"/{database}", server.query, ""))


def service_environment(stack: Stack, name: str) -> dict[str, str]:
    """Return the environment of a service's processes. Its role does not own the tables."""
    prefix = name.upper()
    environment = {
        f"{prefix}_DATABASE_URL": database_url(stack, name, name),
        f"{prefix}_NATS_URL": nats_url(stack),
        f"{prefix}_ISSUER": f"{stack.gateway}/identity/",
        f"{prefix}_JWKS_URL": f"{stack.url('identity')}/identity/.well-known/jwks.json",
        f"{prefix}_SEALING_KEY": secrets_of(stack)[f"{name}_sealing_key"],
        f"{prefix}_DRAIN_WAIT": "0",  # there is no second replica to send requests to meanwhile
    }
    if uses_own_nats():  # with a server of your own, set ADDRESS_NATS_SEED ... yourself
        environment[f"{prefix}_NATS_SEED"] = nats_seeds(stack)[name]
    if name == "identity":
        environment["IDENTITY_MASTER_KEY"] = secrets_of(stack)["identity_master_key"]
        environment["IDENTITY_MAIL"] = "sent-messages"  # e-mails and SMS are read at /identity/sent-messages
        environment["IDENTITY_OUTBOUND_PRIVATE"] = "true"  # the simulated providers are on this machine
        environment["IDENTITY_TEXTS"] = "sent-messages"
    if name == "casework":
        environment["CASEWORK_BLOBS"] = f"file://{stack.folder.absolute()}/blobs/casework"
        environment["CASEWORK_SCANNER"] = "test:"  # knows the file with which scanners are tested
    if name == "mapping":
        environment["MAPPING_SANDBOX_EDITS"] = "true"  # every credential of a laptop is the sandbox's
        environment["MAPPING_BLOBS"] = f"file://{stack.folder.absolute()}/blobs/mapping"
        environment["MAPPING_SCANNER"] = "test:"
    if name == "payments":
        environment["PAYMENTS_SANDBOX_PROCESSOR_URL"] = stack.url("card-processor")
        environment["PAYMENTS_SANDBOX_DIRECT_DEBIT_URL"] = stack.url("direct-debit")
        # Browsers send a host's cookies to all its ports, so payers sign at localhost.
        pages = f"http://localhost:{stack.ports.of('direct-debit')}"
        environment["PAYMENTS_SANDBOX_DIRECT_DEBIT_PAGES"] = pages
        environment["PAYMENTS_MAIL"] = "sent-messages"  # receipts are read at /payments/sent-messages
    if name == "casework":
        environment["CASEWORK_MAIL"] = "sent-messages"  # messages of cases: /casework/sent-messages
        environment["CASEWORK_TEXTS"] = "sent-messages"
    if name == "resident":
        environment["RESIDENT_GATEWAY_URL"] = stack.gateway
        environment["RESIDENT_CLIENTS"] = str(stack.folder.absolute() / "resident-clients.json")
        suppliers = stack.url("suppliers")
        environment["RESIDENT_WASTE_URL"] = f"{suppliers}/waste"
        environment["RESIDENT_VEHICLE_URL"] = f"{suppliers}/vehicle-enquiry"
        environment["RESIDENT_VEHICLE_KEY"] = "simulated"
        environment["RESIDENT_KEEPER_URL"] = f"{suppliers}/vehicle-enquiry/keeper-agreement"
        environment["RESIDENT_COUNCILS"] = str(state.ROOT / "dev" / "data" / "council_settings.yaml")
        environment["RESIDENT_RECIPES"] = str(state.ROOT / "recipes")
        environment["RESIDENT_FOLLOW_RECIPES"] = "true"
    # What the person has set wins: `ADDRESS_LOG_LEVEL=DEBUG make run`, ADDRESS_DATABASE_URL ...
    return environment | base_environment()


def base_environment() -> dict[str, str]:
    """Return this person's environment without PG*, which PostgreSQL's client would obey."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    # Few threads allocate memory in these processes, so an arena for each would only cost memory.
    return {"MALLOC_ARENA_MAX": "2", **inherited, "PYTHONUNBUFFERED": "1"}
