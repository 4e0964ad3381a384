"""The hot reads, by UPRN and by postcode, on the plain pool: one statement, whatever the answer's size."""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from dataclasses import dataclass

import asyncpg

from address.places.rules.postcode_search import PostcodeSearch
from address.places.store import places_json

# As people look through a street: by number, the building before its flats, numbered flats before others.
IN_ORDER = """p.street, p.pao_number, p.building_number, p.building_name, p.sub_building IS NOT NULL,
    p.sao_number, p.sub_building, p.uprn, p.lpi_key"""
_ORDER = f"p.postcode, {IN_ORDER}"
DATASET = "(dataset = 'LPI' OR p.delivery)"
KEPT = """p.language = ANY($2) AND ($3::text[] IS NULL OR p.classification LIKE ANY($3))
    AND ($4::smallint[] IS NULL OR p.logical_status = ANY($4))
    AND ($5::smallint[] IS NULL OR p.lpi_status = ANY($5))
    AND ($6::text[] IS NULL OR p.country = ANY($6))
    AND ($10::smallint[] IS NULL OR p.custodian = ANY($10))"""
FILTERS = f"{KEPT} AND {DATASET}"
HEADER = """(SELECT epoch FROM gazetteer WHERE council = $1) AS epoch,
    (SELECT to_char(last_update, 'DD/MM/YYYY') FROM gazetteer WHERE council = $1) AS last_update"""


_EXACT = places_json.either("'1.0'", "'EXACT'")
_EXACT_DPA = places_json.dpa("'1.0'", "'EXACT'")
_DATASETS = "CROSS JOIN unnest($7::text[]) WITH ORDINALITY AS d (dataset, rank)"


def _usual(where: str) -> str:
    """What nearly everybody asks: the addresses for post, no filter, the first hundred."""
    return f"""
        SELECT {HEADER}, count(*) AS total,
            string_agg(CASE WHEN nth <= 100 THEN {_EXACT_DPA} END, ',' ORDER BY nth) AS results
        FROM (SELECT p.*, row_number() OVER (ORDER BY {_ORDER}) AS nth
            FROM place p
            WHERE p.council = $1 AND {where} AND p.delivery AND p.language IN ('ENG', 'CYM')) p"""


def _filtered(where: str) -> str:
    """A page of the addresses that pass the filters, ready as JSON text, with the number there are in all."""
    return f"""
        SELECT {HEADER}, count(*) AS total, string_agg(
            CASE WHEN nth > $9::bigint AND nth <= $9::bigint + $8::bigint THEN {_EXACT} END, ',' ORDER BY nth
        ) AS results
        FROM (SELECT p.*, dataset, row_number() OVER (ORDER BY {_ORDER}, rank) AS nth
            FROM place p {_DATASETS} WHERE p.council = $1 AND {where} AND {FILTERS}) p"""


def _many(where: str) -> str:
    """The same for thousands of addresses: counted and paged apart, so that only the page is sorted."""
    these = f"FROM place p {_DATASETS} WHERE p.council = $1 AND {where} AND {FILTERS}"
    return f"""
        SELECT {HEADER}, (SELECT count(*) {these}) AS total, string_agg({_EXACT}, ',' ORDER BY nth) AS results
        FROM (SELECT * FROM (
                SELECT p.*, dataset, row_number() OVER (ORDER BY {_ORDER}, rank) AS nth {these}) p
            WHERE nth <= $9::bigint + $8::bigint) p
        WHERE nth > $9"""


_USUAL_BY_UPRN, _BY_UPRN = _usual("p.uprn = $2"), _filtered("p.uprn = $11")
_USUAL_BY_POSTCODE, _BY_POSTCODE = _usual("p.postcode = $2"), _filtered("p.postcode = $11")
# One range in nearly all cases; the second is for what may be two districts (BA1 1.. and BA11 ...).
_BY_BEGINNING = _many("p.postcode >= $11 AND p.postcode < $12")
_BY_BEGINNINGS = _many("(p.postcode >= $11 AND p.postcode < $12 OR p.postcode >= $13 AND p.postcode < $14)")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which addresses are wanted, and which page of them. ``None`` sets no condition.

    ``classes`` are LIKE patterns of classification codes; ``datasets`` stand in the order of the answer.
    """

    languages: tuple[str, ...] = ("ENG", "CYM")
    classes: tuple[str, ...] | None = None
    statuses: tuple[int, ...] | None = None
    lpi_statuses: tuple[int, ...] | None = None
    countries: tuple[str, ...] | None = None
    custodians: tuple[int, ...] | None = None
    datasets: tuple[str, ...] = ("DPA",)
    limit: int = 100
    offset: int = 0

    def parameters(self, council: str) -> tuple[object, ...]:
        return (
            council, self.languages, self.classes, self.statuses, self.lpi_statuses, self.countries,
            self.datasets, self.limit, self.offset, self.custodians,
        )  # fmt: skip


USUAL = Wanted()


async def answer(pool: asyncpg.Pool, statement: str, *parameters: object) -> asyncpg.Record:
    """The one row of a statement that counts and lists: there always is one."""
    row = await pool.fetchrow(statement, *parameters)
    if row is None:
        raise LookupError("an aggregate without a row")
    return row


async def by_uprn(pool: asyncpg.Pool, council: str, uprn: int, wanted: Wanted) -> asyncpg.Record:
    """A property's addresses: ``epoch``, ``last_update``, ``total`` and ``results`` (JSON text or None)."""
    if wanted == USUAL:
        return await answer(pool, _USUAL_BY_UPRN, council, uprn)
    return await answer(pool, _BY_UPRN, *wanted.parameters(council), uprn)


async def by_postcode(
    pool: asyncpg.Pool, council: str, search: PostcodeSearch, wanted: Wanted
) -> asyncpg.Record:
    """The addresses of a postcode, or of all that begin so; as ``by_uprn``."""
    if search.whole is not None and wanted == USUAL:
        return await answer(pool, _USUAL_BY_POSTCODE, council, search.whole)
    if search.whole is not None:
        return await answer(pool, _BY_POSTCODE, *wanted.parameters(council), search.whole)
    bounds = [bound for limits in search.ranges for bound in limits]
    statement = _BY_BEGINNING if len(search.ranges) == 1 else _BY_BEGINNINGS
    return await answer(pool, statement, *wanted.parameters(council), *bounds)
