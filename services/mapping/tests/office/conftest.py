"""Members of staff in their browsers, and a layer of grit bins."""

import html
import re

import pytest

from services.mapping.tests import layer_world
from services.mapping.tests.layer_world import bin_at, publish

OFFICE = "/citytown/mapping/office"
BINS = f"{OFFICE}/layers/grit-bins"
_FAR = 4_000_000_000
ALL = ("mapping:read", "mapping:write", "mapping:publish", "mapping:staff")


@pytest.fixture
def open_office(sign_in_staff, mint_person):
    """Make a function that signs a member of staff in."""

    async def open_as(subject, *, scopes=ALL, council="citytown", mode="live"):
        claims = {"client_id": "the-office", "mode": mode, "exp": _FAR}
        token = mint_person(subject, scopes=list(scopes), councils=[council], **claims)
        return await sign_in_staff(token, council=council, name=f"{subject.title()} Officer")

    return open_as


@pytest.fixture
async def ann(open_office):
    return await open_office("ann")


@pytest.fixture(autouse=True)
async def bins(database):
    """A layer of two bins."""
    await layer_world.clear(database)
    bins = [bin_at(1, 375_000, 164_000), bin_at(2, 375_100, 164_000)]
    return await publish(database, "citytown", layer_world.GRIT_BINS, bins)


def text_of(page):
    """Return the words of a page."""
    body = re.sub(r"<script.*?</script>", "", page.text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


def hidden(page, name):
    """Return the value of a hidden field."""
    return html.unescape(re.search(rf'name="{name}" value="([^"]*)"', page.text)[1])
