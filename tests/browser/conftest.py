"""One browser for the run; a window of its own for every test, at desktop or phone size."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser, Page, async_playwright

from tests.browser import chromium, harness

Visitor = Callable[..., Awaitable[Page]]
_FAILED = pytest.StashKey[bool]()
_HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser is slow: only journeys marked ``everyday`` are part of `make test`."""
    for item in items:
        marks = {mark.name for mark in item.iter_markers()}
        if _HERE in item.path.parents and not marks & {"everyday", "rendered"}:
            item.add_marker(pytest.mark.long)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Remember that a test failed, so that its window is photographed before it closes."""
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
    return report


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Headless Chromium, driven by Playwright."""
    installation = chromium.find()
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=installation.program,
            args=list(chromium.FLAGS),
            env={**os.environ, **installation.environment},
        )
        yield launched
        await launched.close()


@pytest.fixture
async def visitor(browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Visitor]:
    """``await visitor(**harness.PHONE)``: a tab of somebody new, with cookies of their own.

    A script that failed, or a file that the page's policy refused, fails the test.
    """
    windows: list[harness.Window] = []

    async def come(**options: Any) -> Page:
        window = await harness.Window.open(browser, **(options or harness.DESKTOP))
        windows.append(window)
        return await window.page()

    yield come
    for number, window in enumerate(windows):
        if request.node.stash.get(_FAILED, False):
            await harness.screenshot(window, f"{request.node.name}-{number}")
        await window.context.close()
    assert [fault for window in windows for fault in window.faults] == []


@pytest.fixture
async def page(visitor: Visitor) -> Page:
    """A tab at desktop size."""
    return await visitor(**harness.DESKTOP)


@pytest.fixture
async def phone(visitor: Visitor) -> Page:
    """A tab at the size of a small phone."""
    return await visitor(**harness.PHONE)


@pytest.fixture
def axe() -> Callable[[Page], Awaitable[None]]:
    """``await axe(page)``: no violation of WCAG 2.2 AA, nothing wider than the screen."""
    return harness.axe


@pytest.fixture
async def arrival() -> AsyncIterator[str]:
    """Where a service of the council waits for the answer to a sign-in."""
    council = FastAPI()

    @council.get("/callback")
    async def arrive() -> str:
        return "Arrived"

    async with harness.serving(council) as url:
        yield f"{url}/callback"
