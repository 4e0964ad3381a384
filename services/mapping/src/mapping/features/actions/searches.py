"""What a search of a layer's features is, and what it finds."""

from dataclasses import dataclass

from shapely import Geometry

from mapping.collections.rules.layers import Audience, Layer
from mapping.features.rules.parameters import Period
from mapping.filters.rules.nodes import Expression
from mapping.shared.coordinates import Crs

NARROWER = "add bbox or datetime, or conditions on fewer features"
"""What to do when a filter takes too long."""


@dataclass(frozen=True, slots=True)
class Search:
    """Which features, and how they are to be written.

    ``area`` is in the layer's storage CRS; features without a place are in every area. ``after``: a number;
    the page begins behind it.
    """

    crs: Crs
    limit: int
    after: int = 0
    area: Geometry | None = None
    period: Period | None = None
    expression: Expression | None = None

    @property
    def is_everything(self) -> bool:
        """Tell whether it finds all features of its layer."""
        return self.area is None and self.period is None and self.expression is None


@dataclass(frozen=True, slots=True)
class Page:
    """Features as GeoJSON without their closing braces; ``matched``: all that were found, None if unknown."""

    features: list[bytes]
    matched: int | None
    next_after: int | None


def list_hidden(layer: Layer, audience: Audience) -> set[str]:
    """List the properties of a layer that an audience may not see."""
    return {each.name for each in layer.properties} - {
        each.name for each in layer.visible_properties(audience)
    }
