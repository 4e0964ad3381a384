"""A person's browser at a service's pages, and facts that a test sets."""

import re

import pytest

from apps.recipes.walk import walk
from chassis import clock
from resident.facts.schemas import FactRecord, GazetteerAddress
from resident.forms.routes.visits import find_facts

HTML = {"Accept": "text/html"}


class SetFacts:
    """Facts as a test sets them; one that is not set is out. Counts its look-ups."""

    def __init__(self):
        self.fields, self.addresses, self.looked_up = {}, [], []

    async def walk(self, bundle, answers, earlier, now):
        answers_by_fact = {}
        while True:
            path = walk(bundle, answers, {name: fact.fields for name, fact in answers_by_fact.items()}, now)
            waiting = [each for each in path.lookups if each.fact not in answers_by_fact]
            if not waiting:
                return path, {each.fact: answers_by_fact[each.fact] for each in path.lookups}
            answers_by_fact |= {each.fact: self._look_up(each, earlier.get(each.fact)) for each in waiting}

    def _look_up(self, lookup, fact):
        if fact and fact.key == lookup.key and fact.fields is not None:
            return fact
        self.looked_up.append(lookup.fact)
        return FactRecord(lookup.key, self.fields.get(lookup.fact), clock.now().isoformat())

    async def find_addresses(self, text):
        return self.addresses


@pytest.fixture
def facts(app):
    source = SetFacts()
    source.addresses = [GazetteerAddress("10000000001", "1 High Street, Citytown, BA1 1LJ")]
    app.dependency_overrides[find_facts] = lambda: source
    yield source
    del app.dependency_overrides[find_facts]


class Person:
    """A browser on the pages of one service."""

    def __init__(self, client, council, service):
        self.client, self.root = client, f"/{council}/services/{service}/"
        self.client.cookies.clear()
        self.page, self.path = None, ""

    async def get(self, page="", **query):
        self.page = await self.client.get(self.root + page, params=query, headers=HTML)
        return await self._follow()

    async def post(self, page, _version=None, **fields):
        """Send a form of the page that is open, or of one that was open before."""
        hidden = {"csrf": self.hidden("csrf"), "version": self.hidden("version")}
        if _version is not None:
            hidden["version"] = _version
        body = {**hidden, **fields}
        self.page = await self.client.post(self.root + page, data=body, headers=HTML)
        return await self._follow()

    async def _follow(self):
        self.path = self.page.request.url.path
        while self.page.status_code == 303:
            self.page = await self.client.get(self.page.headers["location"], headers=HTML)
            self.path = self.page.request.url.path
        return self.page

    def hidden(self, name):
        match = re.search(rf'name="{name}" value="([^"]*)"', self.page.text)
        return match[1] if match else ""

    @property
    def at(self):
        """Where the browser is: the page's name."""
        return self.path.removeprefix(self.root)


@pytest.fixture
def visit(client, facts):
    """Make ``visit("citytown", "garden-waste")``: a browser without cookies."""
    return lambda council, service: Person(client, council, service)
