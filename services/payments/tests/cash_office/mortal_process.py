"""A process that answers one request of counter staff and is killed: a JSON object of the request, and where.

``written``: all is posted, and not committed. ``committed``: it is, and the answer has not left.
"""

import asyncio
import json
import os
import signal
import sys

import httpx

from chassis.app import create_app
from payments.app import service
from payments.ledger.actions import postings


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def arm(app, moment):
    """Have the process killed at this moment; return the application to be called."""
    if moment == "written":
        post = postings.post

        async def post_and_die(*arguments):
            await post(*arguments)
            die()

        postings.post = post_and_die
        return app

    async def answer_and_die(scope, receive, send):
        async def die_at_response(message):
            if message["type"] == "http.response.start":
                die()
            await send(message)

        await app(scope, receive, die_at_response if scope["type"] == "http" else send)

    return answer_and_die


async def main(order):
    settings = service.settings(**order["settings"])
    app = create_app(service, settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(arm(app, order["moment"]))
        async with httpx.AsyncClient(transport=transport, base_url="http://payments.invalid") as client:
            await client.post(order["path"], json=order["body"], headers=order["headers"])


if __name__ == "__main__":
    asyncio.run(main(json.load(sys.stdin)))
