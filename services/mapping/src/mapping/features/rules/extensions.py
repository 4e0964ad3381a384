"""What stands beside features at the same address, such as tiles: it adds to their documents.

``app`` composes them (``app.state.ogc_extensions``), for they are beside this domain or above it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from mapping.collections.rules.layers import Layer

Json = Mapping[str, Any]


class Extension(Protocol):
    """Adds to the landing page, collections, the conformance declaration and the API's definition.

    ``root`` is the address of the landing page from outside, without a slash at its end.
    """

    @property
    def conformance(self) -> Sequence[str]:
        """Return the URIs of its conformance classes."""

    def link_landing(self, root: str) -> Sequence[Json]:
        """Make its links of the landing page."""

    def link_collection(self, root: str, layer: Layer) -> Sequence[Json]:
        """Make its links of a collection."""

    def describe_paths(self, layers: Sequence[Layer]) -> Mapping[str, Json]:
        """Make its operations (OpenAPI 3.0), by path and method."""
