"""The tables of the address service. Every key starts with ``council``; none has a person's name."""

from address.tables.addressbase import delivery_point, successor
from address.tables.base import metadata
from address.tables.batches import match_batch, match_chunk, reference_history, reference_scheme
from address.tables.gazetteer import (
    blpu,
    cross_reference,
    gazetteer,
    history,
    load,
    lpi,
    organisation,
    street,
    street_descriptor,
)
from address.tables.search import place, search_group, search_word

__all__ = [
    "blpu",
    "cross_reference",
    "delivery_point",
    "gazetteer",
    "history",
    "load",
    "lpi",
    "match_batch",
    "match_chunk",
    "metadata",
    "organisation",
    "place",
    "reference_history",
    "reference_scheme",
    "search_group",
    "search_word",
    "street",
    "street_descriptor",
    "successor",
]
