"""The parameters of a request for features, as a search."""

from mapping.collections.rules.layers import Layer
from mapping.features.actions.searches import Search
from mapping.features.routes.common import Reader
from mapping.features.rules import parameters
from mapping.features.rules.json_schemas import list_queryables
from mapping.features.rules.openapi import list_parameters
from mapping.features.rules.parameters import DEFAULT_LIMIT, ParameterError, read_crs
from mapping.features.rules.places import make_box, place
from mapping.filters.actions import LANGUAGES, TEXT, parse
from mapping.filters.rules import nodes
from mapping.filters.rules.checks import read_value
from mapping.filters.rules.nodes import FilterError
from mapping.shared.coordinates import Crs


def read_search(reader: Reader, layer: Layer) -> Search:
    """Read which features of a layer a request is for. Raises ParameterError, FilterError, Problem 400."""
    limit, after = reader.parameter("limit"), reader.parameter("after")
    bbox, moments = reader.parameter("bbox"), reader.parameter("datetime")
    crs = _read_crs(reader, "crs")
    bbox_crs = _read_crs(reader, "bbox-crs")
    return Search(
        crs,
        DEFAULT_LIMIT if limit is None else parameters.read_limit(limit),
        0 if after is None else parameters.read_cursor(after),
        None if bbox is None else make_box(parameters.read_bbox(bbox, bbox_crs), layer.storage_crs),
        None if moments is None else parameters.read_datetime(moments),
        _read_expression(reader, layer),
    )


def _read_crs(reader: Reader, name: str) -> Crs:
    text = reader.parameter(name)
    return Crs.CRS84 if text is None else read_crs(name, text)


def _read_expression(reader: Reader, layer: Layer) -> nodes.Expression | None:
    """Read the filter and the parameters that are properties: all must hold."""
    queryables = list_queryables(layer.visible_properties(reader.audience))
    items: list[nodes.Expression] = []
    language = reader.parameter("filter-lang") or TEXT
    if language not in LANGUAGES:
        raise ParameterError("filter-lang", f"must be one of {', '.join(LANGUAGES)}")
    filter_crs, text = _read_crs(reader, "filter-crs"), reader.parameter("filter")
    if text is not None:
        items.append(
            parse(text, language, queryables, lambda shape: place(shape, filter_crs, layer.storage_crs))
        )
    for name in list_parameters(layer, reader.audience):
        value = reader.parameter(name)
        if value is not None:
            items.append(_equal(name, queryables[name], value))
    if not items:
        return None
    return items[0] if len(items) == 1 else nodes.And(tuple(items))


def _equal(name: str, kind: nodes.Kind, text: str) -> nodes.Expression:
    try:
        return nodes.Compare("=", nodes.Property(name, kind), read_value(text, kind))
    except FilterError as error:
        raise ParameterError(name, str(error)) from None
