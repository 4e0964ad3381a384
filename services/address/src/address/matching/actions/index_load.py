"""A whole gazetteer in memory, for batches."""

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


async def load(pool: asyncpg.Pool, council: str) -> Matcher:
    """The council's matcher with every property known: about 300 bytes a property beside the text.

    What is heavy is done in a thread.
    """
    found = await read_index(pool, council)
    known: dict[int, Properties] = {}
    texts: dict[Any, Any] = {}
    usrns = list(found.streets)
    for start in range(0, len(usrns), STREETS_AT_A_TIME):
        rows = await store.places(pool, council, usrns[start : start + STREETS_AT_A_TIME])
        known.update(await asyncio.to_thread(by_street, rows, texts))
    return Matcher(found, known)


async def read_index(pool: asyncpg.Pool, council: str) -> Index:
    """Where the council's names lead."""
    rows = await store.names(pool, council)
    return await asyncio.to_thread(lambda: index.build(_names(rows)))


def by_street(rows: Sequence[Any], texts: dict[Any, Any] | None = None) -> dict[int, Properties]:
    """Rows of the store by USRN; they come street by street. ``texts``: those met so far, each kept once."""
    once = ({} if texts is None else texts).setdefault
    return {
        usrn: index.properties(
            PlaceRow(row[0], row[1], *[once(text, text) for text in row[2:]]) for row in several
        )
        for usrn, several in groupby(rows, key=itemgetter(1))
    }


def _names(rows: Sequence[Any]) -> Iterable[NameRow]:
    return (NameRow(*row) for row in rows)
