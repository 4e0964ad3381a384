"""The client of identity: fetches the snapshot with the gateway's own client credentials."""

import time
from http import HTTPStatus
from itertools import cycle

import httpx

from gateway.settings import Settings
from gateway.snapshot import Snapshot

SCOPE = "identity:gateway"
_TIMEOUT = 5.0
_RENEW_EARLY = 60.0  # seconds before a token's end at which it is renewed
_TOKEN_REQUEST = {"grant_type": "client_credentials", "scope": SCOPE}


class IdentityClient:
    """A connection to identity, with its token and the ETag of the last snapshot.

    When one of identity's replicas fails, the next call goes to the next.
    """

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._client_id = settings.client_id
        self._client_secret = settings.client_secret
        self._base_urls = cycle(settings.identity_base_urls)
        self._http = httpx.AsyncClient(
            base_url=next(self._base_urls), timeout=_TIMEOUT, trust_env=False, transport=transport
        )
        self._token = ""
        self._renew_at = 0.0
        self._etag = ""

    async def fetch_snapshot(self) -> Snapshot | None:
        """Fetch the snapshot, or None when it has not changed since the last one.

        Raises httpx.HTTPError, or ValueError or KeyError when the answer makes no sense.
        """
        try:
            response = await self._get_snapshot()
            if response.status_code == HTTPStatus.UNAUTHORIZED:
                # Identity may have been set up anew: it then refuses its earlier tokens.
                self._token = ""
                response = await self._get_snapshot()
            if response.status_code == HTTPStatus.NOT_MODIFIED:
                return None
            response.raise_for_status()
        except httpx.HTTPError:
            self._http.base_url = next(self._base_urls)
            raise
        snapshot = Snapshot.model_validate_json(response.content)
        self._etag = response.headers.get("etag", "")
        return snapshot

    def forget_etag(self) -> None:
        """Fetch the whole snapshot next time: the last one did not reach the files."""
        self._etag = ""

    async def close(self) -> None:
        await self._http.aclose()

    async def _get_snapshot(self) -> httpx.Response:
        headers = {"Authorization": f"Bearer {await self._get_token()}"}
        if self._etag:
            headers["If-None-Match"] = self._etag
        return await self._http.get("/identity/v1/gateway", headers=headers)

    async def _get_token(self) -> str:
        if not self._token or time.monotonic() >= self._renew_at:
            credentials = httpx.BasicAuth(self._client_id, self._client_secret.get_secret_value())
            response = await self._http.post("/identity/token", data=_TOKEN_REQUEST, auth=credentials)
            response.raise_for_status()
            grant = response.json()
            self._token = str(grant["access_token"])
            self._renew_at = time.monotonic() + max(1.0, float(grant["expires_in"]) - _RENEW_EARLY)
        return self._token
