"""The state of the simulated providers: people, clients, grants, keys and faults."""

import time
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

from simulators.openid_provider import providers, residents, staff
from simulators.openid_provider.authorization_request import AuthorizationRequest
from simulators.openid_provider.clients import Client
from simulators.openid_provider.errors import TokenError
from simulators.openid_provider.faults import NO_FAULTS, Faults
from simulators.openid_provider.grants import (
    CODE_SECONDS,
    REQUEST_SECONDS,
    TOKEN_SECONDS,
    ExpiringStore,
    Grant,
    ReplayGuard,
)
from simulators.openid_provider.http_client import open_client
from simulators.openid_provider.providers import Provider
from simulators.openid_provider.signing_keys import SigningKeys

GATEWAY = "http://127.0.0.1:8000"
_MAX_RECORDED = 50  # requests of each endpoint
_MAX_SESSIONS = 500


async def fetch_keys(url: str) -> dict[str, Any]:
    """Fetch a client's public keys from where it registered them."""
    async with open_client(timeout=5) as http:
        answer = await http.get(url)
    return dict(answer.raise_for_status().json())


class SimulatorState:
    """The state of both providers at ``url``, which a test may set once it knows the port.

    ``auto``: with a person's key or an error, /authorize redirects at once and shows no page.
    ``faults``: those of every request until they are reset.
    ``heard``: the parameters of the last requests, by endpoint.
    ``gateway``: the Townhall to which the start page offers to push staff.
    ``changed``: called when clients or staff change.
    """

    def __init__(self, url: str = "http://localhost:8008") -> None:
        self.url = url
        self.gateway = GATEWAY
        self.now: Callable[[], float] = time.time
        self.fetch = fetch_keys
        self.auto: str | None = None
        self.faults: Faults = NO_FAULTS
        self.changed: Callable[[], None] = lambda: None
        self.recorded: dict[str, deque[dict[str, str]]] = defaultdict(lambda: deque(maxlen=_MAX_RECORDED))
        self.residents = dict(residents.RESIDENTS)
        self.tenants = staff.tenants()
        self.clients: dict[str, Client] = {}
        self.requests: ExpiringStore[AuthorizationRequest] = ExpiringStore(REQUEST_SECONDS)
        self.codes: ExpiringStore[Grant] = ExpiringStore(CODE_SECONDS)
        self.tokens: ExpiringStore[Grant] = ExpiringStore(TOKEN_SECONDS)
        self.assertions = ReplayGuard()
        self.sessions: deque[Grant] = deque(maxlen=_MAX_SESSIONS)
        self.keys = {"onelogin": SigningKeys("ES256"), "directory": SigningKeys("RS256")}
        self.identity_keys = SigningKeys("ES256")

    @property
    def onelogin(self) -> Provider:
        """Return GOV.UK One Login."""
        return providers.one_login(self.url)

    def directory(self, tid: str) -> Provider:
        """Return a tenant's directory. Raises KeyError for an unknown tenant."""
        return providers.directory(self.url, self.tenants[tid].tid)

    def register(self, client: Client) -> Client:
        """Register a client; it replaces one of the same client_id."""
        self.clients[client.client_id] = client
        return client

    def rotate(self, *, overlap: bool = True) -> None:
        """Sign with new keys of every purpose. The old ones stay published if they overlap."""
        for keys in (*self.keys.values(), self.identity_keys):
            keys.rotate(overlap=overlap)

    def faults_of(self, grant: Grant) -> Faults:
        """Return the faults chosen for this sign-in, else those of every request."""
        return self.faults if grant.faults is NO_FAULTS else grant.faults

    def fail_endpoint(self, grant: Grant, endpoint: str) -> None:
        """Raise TokenError if a fault makes the endpoint fail for this sign-in."""
        if status := self.faults_of(grant).status.get(endpoint):
            raise TokenError("server_error", "This fault was chosen at the simulator", status)
