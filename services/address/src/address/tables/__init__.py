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
from address.tables.lifecycle import (
    development,
    development_plot,
    number_range,
    place_past,
    street_history,
)
from address.tables.postcodes import gazetteer_postcode, outcode, postcode, postcode_file
from address.tables.search import place, search_group, search_word

__all__ = [
    "blpu",
    "cross_reference",
    "delivery_point",
    "development",
    "development_plot",
    "gazetteer",
    "gazetteer_postcode",
    "history",
    "load",
    "lpi",
    "match_batch",
    "match_chunk",
    "metadata",
    "number_range",
    "organisation",
    "outcode",
    "place",
    "place_past",
    "postcode",
    "postcode_file",
    "reference_history",
    "reference_scheme",
    "search_group",
    "search_word",
    "street",
    "street_descriptor",
    "street_history",
    "successor",
]
