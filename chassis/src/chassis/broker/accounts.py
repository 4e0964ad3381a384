"""The accounts of the NATS server: who may publish and read what.

Three accounts. TOWN holds JetStream and has one user, the owner. SERVICES has a user for each service, and
COUNCILS one for each council's own consumer; both reach TOWN only by what it exports. They are accounts of
their own because the server never checks the *reply* subject of a request: inside TOWN, a user who may read
one stream could have its messages stored in another. The accounts are few and fixed because a reload of the
server's configuration brings new users to life, and no new imports.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chassis.broker.keys import is_user_key
from chassis.broker.topology import CouncilConsumer, Durable, Topology
from chassis.events import SUBJECT_PREFIX

OWNER = "owner"
GATEWAY = "gateway"
# The gateway reads no stream. It hears that councils or credentials changed, and asks identity.
GATEWAY_SUBJECTS = ("townhall.*.identity.council.*", "townhall.*.identity.token.revoked")

_EVENTS = f"{SUBJECT_PREFIX}.>"
_DEAD_LETTERS = "dead.>"
_NEXT = "$JS.API.CONSUMER.MSG.NEXT"
_ACK = "$JS.ACK"
# Under their own names the caller's account, which has no JetStream, would answer these itself.
_RENAMED = ("CONSUMER.INFO", "CONSUMER.RESET")
_NOTHING = {"deny": [">"]}


def render(topology: Topology, keys: Mapping[str, str], consumers: Sequence[CouncilConsumer] = ()) -> str:
    """Render the accounts for the server's configuration.

    ``keys`` are the public keys of ``owner``, ``gateway`` and each service. Raises ValueError when one is
    missing, is no public key, or belongs to two users.
    """
    _check_keys(topology, keys, consumers)
    accounts = {
        "TOWN": {"jetstream": "enabled", "users": [{"nkey": keys[OWNER]}], "exports": _exports()},
        "SERVICES": {
            "imports": _imports(_EVENTS, _DEAD_LETTERS, f"{_NEXT}.*.*", f"{_ACK}.>") + _renamed_imports(),
            "users": [
                {"nkey": keys[GATEWAY], "permissions": _hear(GATEWAY, GATEWAY_SUBJECTS)},
                *(_make_service_user(topology, service, keys[service]) for service in topology.services),
            ],
        },
        "COUNCILS": {
            "imports": _imports(f"{_NEXT}.*.*", f"{_ACK}.>"),
            "users": [_make_council_user(consumer) for consumer in consumers],
        },
    }
    return f"accounts: {json.dumps(accounts, indent=1)}\n"


def _check_keys(topology: Topology, keys: Mapping[str, str], consumers: Sequence[CouncilConsumer]) -> None:
    names = (OWNER, GATEWAY, *topology.services)
    if missing := [name for name in names if name not in keys]:
        raise ValueError(f"no public key of {', '.join(missing)}")
    used = [*(keys[name] for name in names), *(consumer.public_key for consumer in consumers)]
    if wrong := [key for key in used if not is_user_key(key)]:
        # A seed in the wrong place must not be repeated in a log.
        raise ValueError(f"{len(wrong)} of the keys are no public keys of users: those begin with U")
    if len(set(used)) < len(used):
        raise ValueError("two users have the same public key")


def _exports() -> list[dict[str, Any]]:
    services = ["SERVICES"]
    all_accounts = ["SERVICES", "COUNCILS"]
    renamed = [{"service": f"$JS.API.{verb}.*.*", "accounts": services} for verb in _RENAMED]
    return [
        {"service": _EVENTS, "accounts": services},
        {"service": _DEAD_LETTERS, "accounts": services},
        *renamed,
        {"service": f"{_NEXT}.*.*", "response_type": "stream", "accounts": all_accounts},
        {"service": f"{_ACK}.>", "accounts": all_accounts},
    ]


def _imports(*subjects: str) -> list[dict[str, Any]]:
    return [{"service": {"account": "TOWN", "subject": subject}} for subject in subjects]


def _renamed_imports() -> list[dict[str, Any]]:
    return [
        {"service": {"account": "TOWN", "subject": f"$JS.API.{verb}.*.*"}, "to": f"TOWN.API.{verb}.$1.$2"}
        for verb in _RENAMED
    ]


def _make_service_user(topology: Topology, service: str, key: str) -> dict[str, Any]:
    durables = topology.durables_of(service)
    publish = [f"{SUBJECT_PREFIX}.*.{service}.>", f"dead.{service}.>"]
    for durable in durables:
        publish += _read_through(durable)
        counter = durable.letter_counter
        publish.append(f"TOWN.API.CONSUMER.INFO.{counter.stream}.{counter.name}")
    return {"nkey": key, "permissions": {"publish": {"allow": publish}, "subscribe": _own_inbox(service)}}


def _read_through(durable: Durable) -> Iterable[str]:
    place = f"{durable.stream}.{durable.name}"
    yield f"{_NEXT}.{place}"
    yield f"{_ACK}.{place}.>"
    for verb in _RENAMED:
        yield f"TOWN.API.{verb}.{place}"


def _make_council_user(consumer: CouncilConsumer) -> dict[str, Any]:
    publish = [f"{_NEXT}.*.{consumer.durable}", f"{_ACK}.*.{consumer.durable}.>"]
    permissions = {"publish": {"allow": publish}, "subscribe": _own_inbox(consumer.durable)}
    return {"nkey": consumer.public_key, "permissions": permissions}


def _hear(user: str, subjects: Sequence[str]) -> dict[str, Any]:
    return {"publish": _NOTHING, "subscribe": {"allow": [*subjects, *_own_inbox(user)["allow"]]}}


def _own_inbox(user: str) -> dict[str, list[str]]:
    return {"allow": [f"_INBOX.{user}.>"]}
