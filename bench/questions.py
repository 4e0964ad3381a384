"""What people ask of the address service, drawn from a loaded gazetteer, and how fast the answers come."""

import json
import random
from dataclasses import dataclass, replace
from urllib.parse import quote

import asyncpg

from bench.figures import Figure
from bench.load_generator import LoadPlan
from bench.measurement import run_load

_SECONDS = 8  # of the measurement of each kind of question
_ADDRESSES = """SELECT uprn, postcode, easting, northing, organisation, sub_building, building_name,
        building_number, street, locality, post_town
    FROM place TABLESAMPLE BERNOULLI ($2) REPEATABLE (11) WHERE council = $1 AND delivery LIMIT 500"""
_ADDRESS_PARTS = (
    "organisation",
    "sub_building",
    "building_name",
    "building_number",
    "street",
    "locality",
    "post_town",
)


@dataclass(frozen=True)
class Question:
    """One kind of question. ``rate``: requests a second; ``most``: the goal of its p99, in milliseconds."""

    name: str
    paths: list[str]
    rate: float
    most: float | None = None
    bodies: tuple[str, ...] = ()


async def draw_questions(
    connection: asyncpg.Connection, council: str, *, large: bool = False
) -> list[Question]:
    """Draw addresses from the council's gazetteer, and ask every kind of question about them."""
    places = await connection.fetch(_ADDRESSES, council, 0.3 if large else 2.0)
    random_source = random.Random(3)
    os_places, api = f"/{council}/address/search/places/v1", f"/{council}/address/v1"
    points = [f"{row['easting']},{row['northing']}" for row in places]
    prefixes = [_type_ahead(row, random_source) for row in places]
    addresses = [", ".join(str(row[name]) for name in _ADDRESS_PARTS if row[name]) for row in places]
    bodies = [
        json.dumps({"address": address, "postcode": row["postcode"]})
        for address, row in zip(addresses, places, strict=True)
    ]
    return [
        Question("UPRN read", [f"{api}/addresses/{row['uprn']}" for row in places], 200, 15),
        Question(
            "postcode read",
            [f"{os_places}/postcode?postcode={quote(row['postcode'])}" for row in places],
            200,
            15,
        ),
        Question("nearest", [f"{os_places}/nearest?point={point}" for point in points], 100, 25),
        Question(
            "radius 100 m", [f"{os_places}/radius?point={point}&radius=100" for point in points], 50, 25
        ),
        Question("find", [f"{os_places}/find?query={quote(address)}" for address in addresses], 20),
        Question(
            "type-ahead",
            [f"{api}/addresses?q={quote(prefix)}" for prefix in prefixes],
            50,
            60 if large else 40,
        ),
        Question("match", [f"{api}/match"] * len(bodies), 50, 50, tuple(bodies)),
    ]


def _type_ahead(row: asyncpg.Record, random_source: random.Random) -> str:
    """Cut an address off as if somebody were typing it, after three characters at the least."""
    columns = random_source.choice(
        [
            ("building_number", "street"),
            ("sub_building", "building_name", "street"),
            ("street", "post_town"),
            ("postcode",),
            ("organisation", "street"),
        ]
    )
    text = " ".join(str(row[name]) for name in columns if row[name]) or str(row["street"])
    return text[: max(3, random_source.randint(3, len(text)))].lower()


def measure_p99(questions: list[Question], plan: LoadPlan, label: str) -> list[Figure]:
    """Measure the p99 of each kind of question at its own rate."""
    figures = []
    for question in questions:
        own_plan = replace(plan, paths=question.paths, bodies=list(question.bodies), rate=question.rate)
        run_load(replace(own_plan, requests=min(len(question.paths), 100)))  # to warm up
        result = run_load(replace(own_plan, requests=int(question.rate * _SECONDS)))
        name = f"{question.name}, {label}, p99 at {question.rate:g} req/s"
        figures.append(Figure(name, result.p99, "ms", most=question.most))
    return figures
