"""Pages lead where the walk of the recipe leads, whatever is answered: no page has a path of its own."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from apps.recipes.expressions.values import local_day
from apps.recipes.walk import GO_ON, walk
from chassis import clock
from resident.drafts.actions import find_draft
from resident.drafts.rules import COOKIE, make_seal

pytestmark = pytest.mark.timeout(300)  # seconds, for many walks on a machine that is busy
SERVICES = ("garden-waste", "missed-bin", "parking-permit")
BINS = ("dry", "food")
MOST_PAGES = 15
EVERYDAY, LONG = range(1), range(1, 6)


@pytest.fixture(scope="module", autouse=True)
async def published(bundles, publish):
    """People who are signed in walk as guests do, so far as facts of them are not known."""
    for content in bundles.values():
        await publish(replace(content, sign_in="no"))


def draw_facts(dice):
    """Draw what look-ups answer: some are out, some lead to stops."""
    today = local_day(clock.now())
    fields = {
        "round": {"found": dice.random() < 0.8, "day": str(today - timedelta(dice.randint(0, 6))),
                  "next": str(today + timedelta(3)), "back": str(today), "ends": "16:00",
                  "finished": dice.random() < 0.7, "unfinished": dice.random() < 0.2},
        "held": {"active": dice.choice([0, 0, 0, 1, 3]), "until": "2027-03-31", "renew_from": "2027-03-01"},
        "bins": {"options": [{"value": name, "label": name} for name in BINS[dice.randint(0, 2) :]]},
        "crew": {"reason": dice.choice(["", "blocked"]), "time": "08:12"},
        "earlier": {"reference": dice.choice(["", "", "ABCD-EFGH"])},
        "zone": {"found": dice.random() < 0.8, "name": "C", "car_free": dice.random() < 0.3},
        "vehicle": {"found": True, "make": "Ford", "colour": "red", "fuel": "DIESEL",
                    "co2": dice.randint(0, 300)},
        "keeper": {"answer": dice.choice(["yes", "no", "unknown"])},
    }  # fmt: skip
    return {name: None if dice.random() < 0.15 else answer for name, answer in fields.items()}


def draw_fields(dice, question, options):
    """Draw what somebody sends of a page: mostly right, sometimes nothing or nonsense."""
    if dice.random() < 0.15:
        return {"answer": dice.choice(["", "-1", "99999", "x"])}
    today = local_day(clock.now()) + timedelta(dice.randint(-3, 40))
    day = {"day": str(today.day), "month": str(today.month), "year": str(today.year)}
    return {
        "address": {"step": "choose", "uprn": dice.choice(["10000000001", "7"])},
        "number": {"answer": str(dice.randint(0, 5))},
        "choice": {"answer": dice.choice(options or ["me"])},
        "contact": {"way": dice.choice(["", "email", "post"]), "email": "a@example.org"},
        "declaration": {"answer": "yes"},
        "files": {"answer": dice.choice(["post", "in_person"])},
        "date": day,
        "plate": {"answer": "AB12 CDE"},
    }.get(question.kind, {"answer": "Ann Rees"})


@pytest.mark.parametrize("seeds", [EVERYDAY, pytest.param(LONG, marks=pytest.mark.long)], ids=["one", "many"])
@pytest.mark.parametrize("council", ["citytown", "hillshire"])
@pytest.mark.parametrize("name", SERVICES)
async def test_pages_and_walk_agree(
    name, council, seeds, *, bundles, visit, facts, database, settings, subtests
):
    bundle = bundles[council, name]
    for seed in seeds:
        with subtests.test(seed=seed):
            dice = random.Random(f"{seed} {name} {council}")
            facts.fields = draw_facts(dice)
            person = visit(council, name)
            await person.get("address")
            await person.post("address", step="search", postcode="BA1 1LJ")
            ends = [await wander(person, bundle, dice, database, settings) for _ in range(MOST_PAGES)]
            assert set(ends) <= {*bundle.by_question, "check", "stop"}


async def wander(person, bundle, dice, database, settings):
    """Answer the page that is open, or an earlier one; afterwards be where the walk is."""
    draft = await read_draft(person, database, settings)
    fields = {name: fact.fields for name, fact in draft.facts.items()}
    before = walk(bundle, draft.answers, fields, clock.now())
    page = dice.choice(before.pages) if before.pages and dice.random() < 0.3 else person.at
    await person.get(page)
    if page == "stop":
        await person.post("stop")
    elif page in bundle.by_question:
        question = bundle.by_question[page]
        choices = fields.get(question.options_from) or {}
        options = [option["value"] for option in choices.get("options", ())]
        options = options or [option.value for option in question.options]
        await person.post(page, **draw_fields(dice, question, options))
    was_refused = person.page.status_code == 400
    draft = await read_draft(person, database, settings)
    fields = {name: fact.fields for name, fact in draft.facts.items()}
    path = walk(bundle, draft.answers, fields, clock.now())
    expected = path.id if path.outcome == "page" else path.outcome
    assert person.at == (page if was_refused else expected)
    assert all(name in draft.answers for name in path.pages)
    assert {key for key in draft.answers if key.startswith(GO_ON)} <= {
        GO_ON + stop for stop in bundle.by_stop
    }
    return expected


async def read_draft(person, database, settings):
    _, council, _, service, _ = person.root.split("/")
    secret = person.client.cookies.get(COOKIE)
    seal = make_seal(settings.sealing_key.get_secret_value(), secret)
    async with database.reading(council) as session:
        return await find_draft(session, council, service, seal)
