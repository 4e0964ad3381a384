"""Asking identity what the gateway must know, with the gateway's own client credential."""

import time

import httpx

from gateway.settings import Settings
from gateway.snapshot import Snapshot

SCOPE = "identity:gateway"
_TIMEOUT = 5.0
_EARLY = 60.0  # seconds before its end that a token is renewed
_UNAUTHORISED = 401
_NOT_MODIFIED = 304
_FIELDS = {"grant_type": "client_credentials", "scope": SCOPE}


class Identity:
    """One connection to identity. ``snapshot`` raises httpx.HTTPError or ValueError when it cannot say."""

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._client = settings.client_id
        self._secret = settings.client_secret
        self._http = httpx.AsyncClient(
            base_url=settings.identity, timeout=_TIMEOUT, trust_env=False, transport=transport
        )
        self._token = ""
        self._renew_at = 0.0
        self._etag = ""

    async def snapshot(self) -> Snapshot | None:
        """The picture as it is now, or None when it is still the one given last."""
        answer = await self._ask()
        if answer.status_code == _UNAUTHORISED:
            # Identity may have been set up anew: its old tokens are then no good.
            self._token = ""
            answer = await self._ask()
        if answer.status_code == _NOT_MODIFIED:
            return None
        answer.raise_for_status()
        made = Snapshot.model_validate_json(answer.content)
        self._etag = answer.headers.get("etag", "")
        return made

    def forget(self) -> None:
        """Ask for the whole picture next time: the last one given did not reach the files."""
        self._etag = ""

    async def close(self) -> None:
        await self._http.aclose()

    async def _ask(self) -> httpx.Response:
        headers = {"Authorization": f"Bearer {await self._fresh_token()}"}
        if self._etag:
            headers["If-None-Match"] = self._etag
        return await self._http.get("/identity/v1/gateway", headers=headers)

    async def _fresh_token(self) -> str:
        if not self._token or time.monotonic() >= self._renew_at:
            login = httpx.BasicAuth(self._client, self._secret.get_secret_value())
            answer = await self._http.post("/identity/token", data=_FIELDS, auth=login)
            answer.raise_for_status()
            granted = answer.json()
            self._token = str(granted["access_token"])
            self._renew_at = time.monotonic() + max(1.0, float(granted["expires_in"]) - _EARLY)
        return self._token
