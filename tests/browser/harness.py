"""Pages in a real browser: sizes, accessibility, a server for an application under test."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from playwright.async_api import Browser, BrowserContext, Page

from chassis.testing import SentMessage
from tests.browser.chromium import WEB

DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 780},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
# WCAG 2.2 AA, the level the law asks of public bodies, and what axe-core knows beyond it to be bad.
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
SCREENSHOTS = Path(__file__).parents[2] / ".run" / "screenshots"
_TIMEOUT = 8_000  # ms


def newest_code(messages: Sequence[SentMessage]) -> str:
    """Return the newest code among messages to a person."""
    return [message.personalisation["code"] for message in messages if "code" in message.personalisation][-1]


async def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it stands, each with where."""
    # Evaluated through the debugger, which the page's Content-Security-Policy does not bind.
    await page.evaluate(_AXE.read_text())
    report = await page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", _RULES
    )
    return [
        f"{violation['id']}: {violation['help']} at {[node['target'] for node in violation['nodes']]}"
        for violation in report["violations"]
    ]


async def axe(page: Page) -> None:
    """Fails with every violation of WCAG 2.2 AA, and when the page is wider than the screen."""
    assert await violations(page) == [], page.url
    await fits(page)


async def fits(page: Page) -> None:
    """Fails when the page is wider than the screen."""
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(wide) <= 0, f"{page.url} scrolls sideways"


class Window:
    """A browser window of one person: its cookies, and what went wrong on its pages."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.faults: list[str] = []

    @classmethod
    async def open(cls, browser: Browser, **options: Any) -> "Window":
        context = await browser.new_context(locale="en-GB", **options)
        context.set_default_timeout(_TIMEOUT)
        return cls(context)

    async def page(self) -> Page:
        """A new tab. Scripts that fail and files the policy refuses are kept in ``faults``."""
        page = await self.context.new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", self._record_error)
        return page

    def _record_error(self, message: Any) -> None:
        # A page that answers 400 to a wrong form is logged as an error too; that is no fault.
        if message.type == "error" and not re.search(r"status of [45]\d\d", message.text):
            self.faults.append(message.text)


async def screenshot(window: Window, name: str) -> None:
    """Every tab of the window, where people look after a failed run."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for number, page in enumerate(window.context.pages):
        await page.screenshot(path=SCREENSHOTS / f"{name}-{number}.png", full_page=True)


class _Server(uvicorn.Server):
    """One that leaves the test run's signals alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(app: FastAPI, port: int = 0) -> AsyncIterator[str]:
    """The application on a port of its own, with its lifespan: its address."""
    server = _Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False))
    running = asyncio.create_task(server.serve())
    while not server.started:
        if running.done():
            running.result()
            raise RuntimeError("the application did not start; its log says why")
        await asyncio.sleep(0.02)
    bound = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{bound}"
    finally:
        server.should_exit = True
        await running
