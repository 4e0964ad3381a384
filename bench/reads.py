"""What people ask of the address service, drawn from a loaded gazetteer, and how fast each is answered."""

import json
import random
from dataclasses import dataclass, replace
from urllib.parse import quote

import asyncpg

from bench.load import Plan
from bench.measure import run_load
from bench.report import Figure

_SAMPLE = 500
_SECONDS = 8  # of each paced measurement
_ADDRESSES = """SELECT uprn, postcode, easting, northing, organisation, sub_building, building_name,
        building_number, street, locality, post_town
    FROM place TABLESAMPLE BERNOULLI ($2) REPEATABLE (11) WHERE council = $1 AND delivery LIMIT 500"""
_SAID = (
    "organisation",
    "sub_building",
    "building_name",
    "building_number",
    "street",
    "locality",
    "post_town",
)


@dataclass(frozen=True)
class Asked:
    """One kind of question: requests a second, and the most its p99 may be, in milliseconds."""

    name: str
    paths: list[str]
    rate: float
    most: float | None = None
    bodies: tuple[str, ...] = ()


async def questions(connection: asyncpg.Connection, council: str, *, big: bool = False) -> list[Asked]:
    """Every kind of question, about addresses drawn from the council's gazetteer."""
    places = await connection.fetch(_ADDRESSES, council, 0.3 if big else 2.0)
    picked = random.Random(3)
    base, own = f"/{council}/address/search/places/v1", f"/{council}/address/v1"
    points = [f"{row['easting']},{row['northing']}" for row in places]
    typed = [_typed(row, picked) for row in places]
    said = [", ".join(str(row[name]) for name in _SAID if row[name]) for row in places]
    bodies = [
        json.dumps({"address": text, "postcode": row["postcode"]})
        for text, row in zip(said, places, strict=True)
    ]
    return [
        Asked("UPRN read", [f"{own}/addresses/{row['uprn']}" for row in places], 200, 15),
        Asked(
            "postcode read", [f"{base}/postcode?postcode={quote(row['postcode'])}" for row in places], 200, 15
        ),
        Asked("nearest", [f"{base}/nearest?point={point}" for point in points], 100, 25),
        Asked("radius 100 m", [f"{base}/radius?point={point}&radius=100" for point in points], 50, 25),
        Asked("find", [f"{base}/find?query={quote(text)}" for text in said], 20),
        Asked("type-ahead", [f"{own}/addresses?q={quote(text)}" for text in typed], 50, 60 if big else 40),
        Asked("match", [f"{own}/match"] * len(bodies), 50, 50, tuple(bodies)),
    ]


def _typed(row: asyncpg.Record, picked: random.Random) -> str:
    """An address somebody is typing: as far as they have got, three characters at the least."""
    columns = picked.choice(
        [
            ("building_number", "street"),
            ("sub_building", "building_name", "street"),
            ("street", "post_town"),
            ("postcode",),
            ("organisation", "street"),
        ]
    )
    text = " ".join(str(row[name]) for name in columns if row[name]) or str(row["street"])
    return text[: max(3, picked.randint(3, len(text)))].lower()


def paced(asked: list[Asked], plan: Plan, council: str) -> list[Figure]:
    """The p99 of each kind of question at its own pace."""
    found = []
    for one in asked:
        this = replace(plan, paths=one.paths, bodies=list(one.bodies), rate=one.rate)
        run_load(replace(this, requests=min(len(one.paths), 100)))  # once, so that nothing is cold
        outcome = run_load(replace(this, requests=int(one.rate * _SECONDS)))
        name = f"{one.name}, {council}, p99 at {one.rate:g} req/s"
        found.append(Figure(name, outcome.p99, "ms", most=one.most))
    return found
