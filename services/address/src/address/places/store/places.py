"""Read places by UPRN and postcode on the plain pool, each in one statement. These are the hot reads."""

# ruff: noqa: S608 - put together from this package's own words; every value is bound

from dataclasses import dataclass

import asyncpg

from address.places.rules.postcode_search import PostcodeSearch
from address.places.store import places_json

# The order of a street: by number, the building before its flats, numbered flats before others.
STREET_ORDER = """p.street, p.pao_number, p.building_number, p.building_name, p.sub_building IS NOT NULL,
    p.sao_number, p.sub_building, p.uprn, p.lpi_key"""
_ORDER = f"p.postcode, {STREET_ORDER}"
DATASET_FILTER = "(dataset = 'LPI' OR p.delivery)"
PROPERTY_FILTERS = """p.language = ANY($2) AND ($3::text[] IS NULL OR p.classification LIKE ANY($3))
    AND ($4::smallint[] IS NULL OR p.logical_status = ANY($4))
    AND ($5::smallint[] IS NULL OR p.lpi_status = ANY($5))
    AND ($6::text[] IS NULL OR p.country = ANY($6))
    AND ($10::smallint[] IS NULL OR p.custodian = ANY($10))"""
FILTERS = f"{PROPERTY_FILTERS} AND {DATASET_FILTER}"
HEADER = """(SELECT epoch FROM gazetteer WHERE council = $1) AS epoch,
    (SELECT to_char(last_update, 'DD/MM/YYYY') FROM gazetteer WHERE council = $1) AS last_update"""


_EXACT = places_json.dataset_json("'1.0'", "'EXACT'")
_EXACT_DPA = places_json.dpa_json("'1.0'", "'EXACT'")
_DATASETS = "CROSS JOIN unnest($7::text[]) WITH ORDINALITY AS d (dataset, rank)"


def _default_sql(where: str) -> str:
    """Return SQL of the default query: postal addresses without filters, the first hundred."""
    return f"""
        SELECT {HEADER}, count(*) AS total,
            string_agg(CASE WHEN nth <= 100 THEN {_EXACT_DPA} END, ',' ORDER BY nth) AS results
        FROM (SELECT p.*, row_number() OVER (ORDER BY {_ORDER}) AS nth
            FROM place p
            WHERE p.council = $1 AND {where} AND p.delivery AND p.language IN ('ENG', 'CYM')) p"""


def _filtered_sql(where: str) -> str:
    """Return SQL of a page of filtered addresses as JSON text, with the total number."""
    return f"""
        SELECT {HEADER}, count(*) AS total, string_agg(
            CASE WHEN nth > $9::bigint AND nth <= $9::bigint + $8::bigint THEN {_EXACT} END, ',' ORDER BY nth
        ) AS results
        FROM (SELECT p.*, dataset, row_number() OVER (ORDER BY {_ORDER}, rank) AS nth
            FROM place p {_DATASETS} WHERE p.council = $1 AND {where} AND {FILTERS}) p"""


def _paged_sql(where: str) -> str:
    """Return the same for thousands of addresses: counted apart, so that only the page is sorted."""
    matching = f"FROM place p {_DATASETS} WHERE p.council = $1 AND {where} AND {FILTERS}"
    return f"""
        SELECT {HEADER}, (SELECT count(*) {matching}) AS total,
            string_agg({_EXACT}, ',' ORDER BY nth) AS results
        FROM (SELECT * FROM (
                SELECT p.*, dataset, row_number() OVER (ORDER BY {_ORDER}, rank) AS nth {matching}) p
            WHERE nth <= $9::bigint + $8::bigint) p
        WHERE nth > $9"""


_DEFAULT_BY_UPRN, _BY_UPRN = _default_sql("p.uprn = $2"), _filtered_sql("p.uprn = $11")
_DEFAULT_BY_POSTCODE, _BY_POSTCODE = _default_sql("p.postcode = $2"), _filtered_sql("p.postcode = $11")
# Nearly always one range; two where the text may mean two districts (BA1 1.. and BA11 ...).
_BY_BEGINNING = _paged_sql("p.postcode >= $11 AND p.postcode < $12")
_BY_BEGINNINGS = _paged_sql(
    "(p.postcode >= $11 AND p.postcode < $12 OR p.postcode >= $13 AND p.postcode < $14)"
)


@dataclass(frozen=True, slots=True)
class PlacesQuery:
    """The filters and the page of a query. ``None`` sets no condition.

    ``classes`` are LIKE patterns of classification codes; ``datasets`` are in the order of the answer.
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


DEFAULT_QUERY = PlacesQuery()


async def fetch_answer(pool: asyncpg.Pool, statement: str, *parameters: object) -> asyncpg.Record:
    """Fetch the single row of a statement that counts and lists."""
    row = await pool.fetchrow(statement, *parameters)
    if row is None:
        raise LookupError("an aggregate without a row")
    return row


async def list_by_uprn(pool: asyncpg.Pool, council: str, uprn: int, query: PlacesQuery) -> asyncpg.Record:
    """List a property's addresses: ``epoch``, ``last_update``, ``total``, ``results`` (JSON text or None)."""
    if query == DEFAULT_QUERY:
        return await fetch_answer(pool, _DEFAULT_BY_UPRN, council, uprn)
    return await fetch_answer(pool, _BY_UPRN, *query.parameters(council), uprn)


async def list_by_postcode(
    pool: asyncpg.Pool, council: str, search: PostcodeSearch, query: PlacesQuery
) -> asyncpg.Record:
    """List the addresses of a postcode, or of all with its beginning; as ``list_by_uprn``."""
    if search.whole is not None and query == DEFAULT_QUERY:
        return await fetch_answer(pool, _DEFAULT_BY_POSTCODE, council, search.whole)
    if search.whole is not None:
        return await fetch_answer(pool, _BY_POSTCODE, *query.parameters(council), search.whole)
    bounds = [bound for limits in search.ranges for bound in limits]
    statement = _BY_BEGINNING if len(search.ranges) == 1 else _BY_BEGINNINGS
    return await fetch_answer(pool, statement, *query.parameters(council), *bounds)
