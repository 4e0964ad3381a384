"""The state of the simulated providers: people, clients, grants, keys and faults."""

import time
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

import httpx

from simulators.openid_provider import providers, residents, staff
from simulators.openid_provider.authorization_request import Asked
from simulators.openid_provider.clients import Client
from simulators.openid_provider.faults import NONE, Faults
from simulators.openid_provider.grants import CODE_SECONDS, TOKEN_SECONDS, VISIT_SECONDS, Grant, Memory, Once
from simulators.openid_provider.providers import Provider
from simulators.openid_provider.signing_keys import Keys

_HEARD = 50
_SESSIONS = 500


async def fetch(url: str) -> dict[str, Any]:
    """A client's public keys from where it registered them."""
    async with httpx.AsyncClient(timeout=5, trust_env=False) as http:
        answer = await http.get(url)
    return dict(answer.raise_for_status().json())


class SimulatorState:
    """Both providers at ``url``, which may be set once a port is known.

    ``auto``: /authorize answers at once, without a page: as this person, or with this error. ``faults`` hold
    for every request until they are set back. ``gateway``: the Townhall to which the
    start page offers to push by SCIM. ``heard``: the last requests' parameters by endpoint.
    """

    def __init__(self, url: str = "http://localhost:8008") -> None:
        self.url = url
        self.gateway = "http://127.0.0.1:8000"
        self.now: Callable[[], float] = time.time
        self.fetch = fetch
        self.auto: str | None = None
        self.faults: Faults = NONE
        self.changed: Callable[[], None] = lambda: None
        self.heard: dict[str, deque[dict[str, str]]] = defaultdict(lambda: deque(maxlen=_HEARD))
        self.residents = dict(residents.RESIDENTS)
        self.tenants = staff.tenants()
        self.clients: dict[str, Client] = {}
        self.visits: Memory[Asked] = Memory(VISIT_SECONDS)
        self.codes: Memory[Grant] = Memory(CODE_SECONDS)
        self.tokens: Memory[Grant] = Memory(TOKEN_SECONDS)
        self.assertions = Once()
        self.sessions: deque[Grant] = deque(maxlen=_SESSIONS)
        self.keys = {"onelogin": Keys("ES256"), "directory": Keys("RS256")}
        self.identity_keys = Keys("ES256")

    @property
    def onelogin(self) -> Provider:
        """GOV.UK One Login's addresses."""
        return providers.one_login(self.url)

    def directory(self, tid: str) -> Provider:
        """A tenant's addresses. KeyError when there is no such tenant."""
        return providers.directory(self.url, self.tenants[tid].tid)

    def register(self, client: Client) -> Client:
        """Make a relying party known; one of the same client_id is replaced."""
        self.clients[client.client_id] = client
        return client

    def rotate(self, *, overlap: bool = True) -> None:
        """New keys of every purpose; the old ones stay published where they overlap."""
        for keys in (*self.keys.values(), self.identity_keys):
            keys.rotate(overlap=overlap)
