"""The hot reads, by UPRN and by postcode, on the plain pool. One statement each, whatever the answer's size."""

from dataclasses import dataclass

import asyncpg

from address.rules.postcodes import PostcodeSearch
from address.store import answers

_ORDER = """p.postcode, p.street, p.pao_number NULLS LAST, p.building_number, p.building_name,
    p.sao_number NULLS FIRST, p.sub_building NULLS FIRST, p.uprn, p.lpi_key"""
_FILTERS = """p.language = ANY($2) AND (dataset = 'LPI' OR p.delivery)
    AND ($3::text[] IS NULL OR p.classification LIKE ANY($3))
    AND ($4::smallint[] IS NULL OR p.logical_status = ANY($4))
    AND ($5::smallint[] IS NULL OR p.lpi_status = ANY($5))
    AND ($6::text[] IS NULL OR p.country = ANY($6))"""
_HEADER = """(SELECT epoch FROM gazetteer WHERE council = $1) AS epoch,
    (SELECT last_update FROM gazetteer WHERE council = $1) AS last_update"""


def _answer(where: str) -> str:
    """A page of OS Places results, ready as JSON text, with the number there are in all."""
    return f"""
        SELECT {_HEADER}, count(*) AS total, string_agg(
            CASE WHEN nth > $9 AND nth <= $9 + $8 THEN {answers.os_places("'1.0'", "EXACT")} END, ',' ORDER BY nth
        ) AS results
        FROM (SELECT p.*, dataset, row_number() OVER (ORDER BY {_ORDER}, rank) AS nth
            FROM place p CROSS JOIN unnest($7::text[]) WITH ORDINALITY AS d (dataset, rank)
            WHERE p.council = $1 AND {where} AND {_FILTERS}) p"""


_BY_UPRN = _answer("p.uprn = $10")
_BY_POSTCODE = _answer("p.postcode = $10")
_BY_BEGINNING = _answer(
    "EXISTS (SELECT FROM unnest($10::text[], $11::text[]) AS r (low, high)"
    " WHERE p.postcode >= r.low AND p.postcode < r.high) AND p.postcode >= $12 AND p.postcode < $13"
)
_OWN = f"SELECT p.version, {answers.OWN} AS body FROM place p WHERE p.council = $1 AND p.uprn = $2 \
    ORDER BY p.delivery DESC, p.lpi_status, p.lpi_key LIMIT 1"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which addresses are wanted, and which page of them. ``None`` sets no condition.

    ``classes`` are LIKE patterns of classification codes; ``datasets`` DPA and LPI in the order of the answer.
    """

    languages: tuple[str, ...] = ("ENG", "CYM")
    classes: tuple[str, ...] | None = None
    statuses: tuple[int, ...] | None = None
    lpi_statuses: tuple[int, ...] | None = None
    countries: tuple[str, ...] | None = None
    datasets: tuple[str, ...] = ("DPA",)
    limit: int = 100
    offset: int = 0

    def parameters(self, council: str) -> tuple[object, ...]:
        return (
            council, self.languages, self.classes, self.statuses, self.lpi_statuses, self.countries,
            self.datasets, self.limit, self.offset,
        )  # fmt: skip


async def by_uprn(pool: asyncpg.Pool, council: str, uprn: int, wanted: Wanted) -> asyncpg.Record:
    """The addresses of a property: ``epoch``, ``last_update``, ``total`` and ``results`` (JSON text or None)."""
    return await pool.fetchrow(_BY_UPRN, *wanted.parameters(council), uprn)


async def by_postcode(
    pool: asyncpg.Pool, council: str, search: PostcodeSearch, wanted: Wanted
) -> asyncpg.Record:
    """The addresses of a postcode, or of all that begin so; as ``by_uprn``."""
    if search.whole is not None:
        return await pool.fetchrow(_BY_POSTCODE, *wanted.parameters(council), search.whole)
    lows, highs = search.lows, search.highs
    return await pool.fetchrow(
        _BY_BEGINNING, *wanted.parameters(council), lows, highs, min(lows), max(highs)
    )


async def own(pool: asyncpg.Pool, council: str, uprn: int) -> asyncpg.Record | None:
    """A property of our own API: its ``version`` and its ``body`` as JSON text; None when there is none."""
    return await pool.fetchrow(_OWN, council, uprn)
