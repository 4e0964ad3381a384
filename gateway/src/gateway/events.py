"""Hints from NATS that councils or credentials changed. A hint says ask; it carries nothing that is used."""

import asyncio
import logging

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error

log = logging.getLogger(__name__)

SUBJECTS = ("townhall.*.identity.council.*", "townhall.*.identity.token.revoked")
_PAUSE = 1  # seconds between attempts to connect


class Hints:
    """Sets ``changed`` when something did. NATS away is no error: ``listening`` says whether it is there."""

    def __init__(self, url: str, changed: asyncio.Event) -> None:
        self._url = url
        self._changed = changed
        self._client = Client()

    @property
    def listening(self) -> bool:
        return self._client.is_connected

    async def listen(self) -> None:
        """Connect, and stay connected until cancelled."""
        while not self.listening:
            try:
                await self._connect()
            except (TimeoutError, OSError, Error) as error:
                log.warning("NATS cannot be reached: %r", error)
                await asyncio.sleep(_PAUSE)
        self._changed.set()

    async def close(self) -> None:
        await self._client.close()

    async def _connect(self) -> None:
        await self._client.connect(
            self._url,
            name="gateway",
            connect_timeout=2,
            reconnect_time_wait=_PAUSE,
            max_reconnect_attempts=-1,
            error_cb=self._failed,
            reconnected_cb=self._back,
        )
        for subject in SUBJECTS:
            await self._client.subscribe(subject, cb=self._hint)

    async def _hint(self, _: Msg) -> None:
        self._changed.set()

    async def _back(self) -> None:
        """What was said while the connection was gone has been missed."""
        self._changed.set()

    async def _failed(self, error: Exception) -> None:
        log.warning("NATS: %r", error)
