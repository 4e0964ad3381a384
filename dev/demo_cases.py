"""A year of generated cases for a demonstration council: what was reported, and what staff did about it.

The same council, addresses and day give the same stories. The places are of the demonstration's own
gazetteer; the people are invented, and their addresses end in example.org.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

_DAY = timedelta(days=1)
_YEAR = 364  # days
_FORGOTTEN = 0.06  # of the stories stop after their beginning
_GROWTH = 1.5  # there are more of late, so that the queues of today are not empty
_FIRST_NAMES = ("Ada", "Ben", "Carys", "Dev", "Efa", "Finn", "Grace", "Hari", "Isla", "Jo")
_WORKERS = ("ada.example", "ben.example", "carys.example", "dev.example")


class Place(NamedTuple):
    """A property of the gazetteer."""

    uprn: int
    street: str
    ward: str


@dataclass(frozen=True, slots=True)
class Step:
    """What is done to a case: an action, or a task with its outcome. ``by``: which of the officers."""

    at: datetime
    action: str = ""
    task: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    outcome: str = ""
    result: str = ""
    by: str = "a"


@dataclass(frozen=True, slots=True)
class Story:
    """A case from its beginning. Its number names it for ever."""

    number: int
    code: str
    place: Place
    steps: Sequence[Step]
    team: str | None
    assignee: str | None


@dataclass(slots=True)
class _Pen:
    """Writes a story: each step some days after the one before, in working hours."""

    random: Random
    place: Place
    at: datetime

    def after(self, least: float, most: float, late: tuple[float, float], share: float = 0.15) -> datetime:
        """Move on by some days; for a share of the stories by those of ``late``."""
        first, last = late if self.random.random() < share else (least, most)
        self.at = _find_working_hour(self.at + self.random.uniform(first, last) * _DAY)
        return self.at

    def name(self) -> str:
        """Invent a person."""
        return f"{self.random.choice(_FIRST_NAMES)} Example"


def write_stories(council: str, places: Sequence[Place], now: datetime, number: int) -> list[Story]:
    """Write a number of stories, in the order in which they begin."""
    random = Random(f"{council} {number}")  # noqa: S311 - nothing is secret here
    kinds, weights = zip(*_KINDS[council].items(), strict=True)
    stories = []
    order = random.sample(range(len(places)), len(places))  # a property has one case, or few
    for index in range(number):
        age = _YEAR * (1 - index / number) ** _GROWTH * _DAY
        at = _find_working_hour(now - age + random.uniform(-1, 1) * _DAY, any_day=True)
        code = random.choices(kinds, weights)[0]
        place = places[order[index % len(places)]]
        pen = _Pen(random, place, min(at, now - timedelta(minutes=30)))
        steps = list(_WRITERS[code](pen))
        if random.random() < _FORGOTTEN:
            steps = steps[:1]
        is_assigned = random.random() < 0.6  # noqa: PLR2004
        team = f"team-{1 + sum(place.ward.encode()) % 4}" if is_assigned else None
        assignee = random.choice(_WORKERS) if is_assigned and random.random() < 0.5 else None  # noqa: PLR2004
        past = [step for step in steps if step.at <= now]
        stories.append(Story(index, code, place, past, team, assignee))
    return stories


def _find_working_hour(at: datetime, *, any_day: bool = False) -> datetime:
    """Find the next moment at which somebody is at work; or, on any day, awake."""
    first, last = (7, 21) if any_day else (9, 16)
    if at.hour < first:
        at = at.replace(hour=first)
    elif at.hour > last:
        at = (at + _DAY).replace(hour=first)
    while not any_day and at.weekday() > 4:  # noqa: PLR2004 - Friday
        at = (at + _DAY).replace(hour=first)
    return at.astimezone(UTC)


def _write_missed_bin(pen: _Pen) -> Iterator[Step]:
    kind = pen.random.choice(("rubbish", "recycling", "food", "garden"))
    fields = {"uprn": str(pen.place.uprn), "bin": kind, "collection_day": pen.at.date().isoformat()}
    yield Step(pen.at, "report", fields={**fields, "ward": pen.place.ward})
    if pen.random.random() < 0.08:  # noqa: PLR2004
        yield Step(pen.after(0.2, 1, (2, 3)), "refuse")
        return
    yield Step(pen.after(0.1, 0.6, (3, 6)), "send_crew")
    yield Step(pen.after(0.2, 1, (3, 7), 0.08), "record_collection")


def _write_pothole(pen: _Pen) -> Iterator[Step]:
    details = pen.random.choice(("Deep, near the kerb", "In the cycle lane", "Growing since the frost"))
    place = {"place": pen.place.street, "details": details, "ward": pen.place.ward}
    yield Step(pen.at, "report", fields=place)
    category = pen.random.choices(("one", "two", "three", "none"), (10, 45, 25, 20))[0]
    depth = {"one": 90, "two": 60, "three": 40, "none": 15}[category] + pen.random.randrange(10)
    yield Step(pen.after(1, 4, (8, 12)), "inspect", fields={"category": category, "depth": depth})
    if category != "none":
        spans = {"one": (0.1, 0.8, (1.5, 3)), "two": (2, 5, (9, 16)), "three": (15, 60, (88, 100))}
        yield Step(pen.after(*spans[category]), "repair")


def _write_fly_tip(pen: _Pen) -> Iterator[Step]:
    fields = {
        "place": pen.place.street,
        "waste": pen.random.choice(("household", "garden", "building", "tyres", "other")),
        "size": pen.random.choice(("one_bag", "car_boot", "van")),
        "ward": pen.place.ward,
    }
    yield Step(pen.at, "report", fields=fields)
    if pen.random.random() < 0.1:  # noqa: PLR2004
        yield Step(pen.after(0.1, 0.7, (1.5, 2)), "find_nothing")
    else:
        yield Step(pen.after(0.1, 0.7, (1.5, 4)), "clear")


def _write_complaint(pen: _Pen, *, is_acknowledged: bool = True) -> Iterator[Step]:
    name = pen.name()
    subject = pen.random.choice(("a visit that did not happen", "a letter without an answer", "a wrong bill"))
    fields = {
        "name": name,
        "contact": f"{name.split()[0].lower()}@example.org",
        "complaint": f"Generated for demonstration: {subject}.",
    }
    yield Step(pen.at, "complain", fields=fields)
    if is_acknowledged:
        understanding = {"understanding": f"You complain about {subject}."}
        yield Step(pen.after(1, 4, (8, 11)), "acknowledge", fields=understanding)
    days = (4, 12, (18, 30)) if is_acknowledged else (1, 5, (8, 14))
    result = pen.random.choice(("upheld", "not_upheld"))
    answer = {"stage_one_answer": "We have looked into it."}
    yield Step(pen.after(*days), "answer_stage_one", fields=answer, result=result)


def _write_request(pen: _Pen) -> Iterator[Step]:
    name = pen.name()
    request = pen.random.choice(("Minutes of a panel", "What grit costs", "Numbers of penalty charges"))
    fields = {"requester": name, "address": f"{name.split()[0].lower()}@example.org", "request": request}
    yield Step(pen.at, "request", fields=fields)
    yield Step(pen.after(2, 12, (20, 24)), task="search")
    yield Step(pen.after(1, 4, (8, 14)), "draft", fields={"answer": "Here it is."})
    result = pen.random.choice(("disclosed", "disclosed", "not_held"))
    yield Step(pen.after(0.5, 3, (5, 9)), "answer", result=result, by="b")


_WRITERS: Mapping[str, Callable[[_Pen], Iterator[Step]]] = {
    "missed-bin": _write_missed_bin,
    "pothole": _write_pothole,
    "fly-tip": _write_fly_tip,
    "complaint": _write_complaint,
    "complaint-scotland": lambda pen: _write_complaint(pen, is_acknowledged=False),
    "freedom-of-information": _write_request,
    "freedom-of-information-scotland": _write_request,
}
_COMMON = {"missed-bin": 35, "pothole": 25, "fly-tip": 22}
_KINDS = {
    "citytown": {**_COMMON, "complaint": 9, "freedom-of-information": 9},
    "hillshire": {**_COMMON, "complaint-scotland": 9, "freedom-of-information-scotland": 9},
}
"""The types that ship and each council's nation has, and how common each is."""
