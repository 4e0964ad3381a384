"""Load a whole gazetteer into memory, for batches."""

import asyncio
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import asyncpg

from address.address_index.rules import index
from address.address_index.rules.index import Index, NameRow, PlaceRow, Properties
from address.matching import store
from address.matching.rules.matcher import Matcher

STREETS_AT_A_TIME = 500


async def load_matcher(pool: asyncpg.Pool, council: str) -> Matcher:
    """Load the council's matcher with every property: about 300 bytes for each, besides the text.

    Heavy work runs in a thread.
    """
    names_index = await read_index(pool, council)
    properties: dict[int, Properties] = {}
    texts: dict[Any, Any] = {}
    usrns = list(names_index.streets)
    for start in range(0, len(usrns), STREETS_AT_A_TIME):
        rows = await store.list_addresses(pool, council, usrns[start : start + STREETS_AT_A_TIME])
        properties.update(await asyncio.to_thread(group_by_street, rows, texts))
    return Matcher(names_index, properties)


async def read_index(pool: asyncpg.Pool, council: str) -> Index:
    """Read the index of the council's names."""
    rows = await store.list_names(pool, council)
    return await asyncio.to_thread(lambda: index.build_index(_name_rows(rows)))


def group_by_street(rows: Sequence[Any], texts: dict[Any, Any] | None = None) -> dict[int, Properties]:
    """Group rows, sorted by street, by USRN. ``texts``: interned texts, each kept once."""
    intern = ({} if texts is None else texts).setdefault
    return {
        usrn: index.group_properties(
            PlaceRow(row[0], row[1], *[intern(text, text) for text in row[2:]]) for row in group
        )
        for usrn, group in groupby(rows, key=itemgetter(1))
    }


def _name_rows(rows: Sequence[Any]) -> Iterable[NameRow]:
    return (NameRow(*row) for row in rows)
