"""Facts through the gateway: what the three recipes need to know of a demonstration address comes true."""

from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from apps.recipes.load.councils import read_councils
from apps.recipes.load.folder import RecipeFolder
from apps.recipes.services import compile_service
from dev.ports import Ports
from resident.facts.actions.addresses import find_addresses
from resident.facts.actions.look_ups import walk_with_facts
from resident.facts.actions.sources import make_adapters, make_sources
from resident.settings import Settings
from tests.guards.sources import ROOT
from townhall_client import ApiKey, AsyncTownhall

COUNCILS = ROOT / "dev" / "data" / "council_settings.yaml"
POSTCODES = {"citytown": "BA1 1", "hillshire": "FK8 1"}
PERSON = {"signed_in": True, "proved": False}


@pytest.fixture
async def town(platform):
    """Open a council's platform with its sandbox key."""
    async with httpx.AsyncClient(trust_env=False) as http:
        yield lambda council: AsyncTownhall(
            platform.gateway, council, ApiKey(platform.key(council)), http=http
        )


@pytest.fixture
def suppliers(platform):
    return f"http://127.0.0.1:{Ports(platform.base).of('suppliers')}"


@pytest.fixture
def walk(town, suppliers):
    """Walk a council's service with its facts; return where it ends, and the fields of each fact."""
    adapters = make_adapters(
        Settings(
            database_url="postgresql://nobody@127.0.0.1:1/none",
            councils=COUNCILS,
            waste_url=f"{suppliers}/waste",
            vehicle_url=f"{suppliers}/vehicle-enquiry",
            vehicle_key="simulated",
            keeper_url=f"{suppliers}/vehicle-enquiry/keeper-agreement",
        )
    )
    settings = read_councils(COUNCILS.name, COUNCILS.read_text())

    async def walk(council, service, answers, person=None):
        bundle = compile_service(RecipeFolder(ROOT / "recipes"), settings[council], service)
        sources = make_sources(council, town(council), adapters)
        path, facts = await walk_with_facts(sources, bundle, answers, {}, datetime.now(UTC), person)
        return path, {name: fact.fields for name, fact in facts.items()}

    return walk


async def find_address(town, council):
    """Find an address of the demonstration by a part of its postcode, as people do."""
    addresses = await find_addresses(town(council), POSTCODES[council])
    assert addresses
    return addresses[0].uprn


@pytest.mark.parametrize("council", sorted(POSTCODES))
async def test_a_demonstration_address_has_the_facts_of_all_recipes(town, walk, council):
    uprn = await find_address(town, council)
    _, facts = await walk(council, "missed-bin", {"address": uprn, "bin": "rubbish"})
    materials = [option["value"] for option in facts["bins"]["options"]]
    assert {"rubbish", "recycling"} <= set(materials)
    day, following = (date.fromisoformat(facts["round"][name]) for name in ("day", "next"))
    today = datetime.now(UTC).date()
    assert today - timedelta(18) <= day <= today + timedelta(1) <= following + timedelta(1)
    assert facts["earlier"] == {"reference": "", "state": ""}
    assert facts["crew"] == ({"reason": "", "time": ""} if council == "citytown" else {})

    path, facts = await walk(council, "garden-waste", {"address": uprn})
    assert (path.outcome, path.id) == ("page", "bins")
    assert facts["round"]["found"] is True
    assert facts["held"] == {"active": 0}

    answers = {"address": uprn, "plate": "AA19AAA"}
    path, facts = await walk(council, "parking-permit", answers, PERSON)
    assert (path.outcome, path.id) == ("page", "whose")
    assert facts["zone"]["found"] is True
    assert facts["zone"]["name"] == {"citytown": "Zone C", "hillshire": "Zone 1"}[council]
    assert facts["vehicle"]["co2"] == 300
    assert facts["keeper"] == {"answer": "unknown"}
    assert facts["held"] == {"active": 0}
    assert facts["home"] is None


async def test_a_bin_that_is_reported_is_known_by_its_bin(platform, citytown, town, walk):
    uprn = await find_address(town, "citytown")
    fields = {"uprn": uprn, "bin": "recycling", "collection_day": datetime.now(UTC).date().isoformat()}
    opened = citytown.post("/citytown/casework/v1/cases", json={"case_type": "missed-bin", "fields": fields})
    assert opened.status_code == 201, opened.text
    _, facts = await walk("citytown", "missed-bin", {"address": uprn, "bin": "recycling"})
    assert facts["earlier"] == {"reference": opened.json()["reference"], "state": "reported"}
    _, facts = await walk("citytown", "missed-bin", {"address": uprn, "bin": "food"})
    assert facts["earlier"] == {"reference": "", "state": ""}


async def test_what_a_crew_noted_stops_the_report(suppliers, town, walk):
    uprn = (await find_addresses(town("citytown"), POSTCODES["citytown"]))[-1].uprn
    yesterday = (datetime.now(UTC) - timedelta(1)).date().isoformat()
    event = {"type": "Contaminated", "stream": "food-waste", "at": f"{yesterday}T08:12"}
    async with httpx.AsyncClient(base_url=suppliers, trust_env=False) as http:
        path = f"/waste/control/citytown/properties/{uprn}"
        changes = {"last": yesterday, "status": "completed", "events": [event]}
        assert (await http.put(path, json=changes)).status_code == 204
    path, facts = await walk("citytown", "missed-bin", {"address": uprn, "bin": "food"})
    assert (path.outcome, path.id) == ("stop", "crew_noted")
    crew = facts["crew"]
    assert (crew["reason"], crew["time"]) == ("the bin held something it must not hold", "08:12")
