"""The landing page, the conformance declaration and the descriptions of collections, as JSON.

Sources: OGC 17-069r4 7.2 to 7.14, OGC 18-058r1 6.2; conformance classes of maps.md, section 2.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mapping.collections.rules.layers import Layer
from mapping.features.rules.links import (
    GEOJSON,
    HTML,
    JSON,
    OGC_REL,
    OPENAPI,
    SCHEMA,
    Link,
    Site,
    link,
    representations,
)
from mapping.shared.coordinates import Crs

FILES = (
    ("gpkg", "application/geopackage+sqlite3", "GeoPackage"),
    ("geojson", GEOJSON, "GeoJSON"),
    ("csv", "text/csv", "CSV"),
)
"""In which public layers can be downloaded (`mapping.exports`): extension, media type, name."""
GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
SYSTEMS = (Crs.CRS84, Crs.BNG, Crs.WGS84, Crs.WEB_MERCATOR)
"""In which every layer can be read; the first is what one gets without asking."""
_SPEC = "http://www.opengis.net/spec"
CONFORMANCE = (
    *(f"{_SPEC}/ogcapi-features-1/1.0/conf/{name}" for name in ("core", "oas30", "html", "geojson")),
    f"{_SPEC}/ogcapi-features-2/1.0/conf/crs",
    *(
        f"{_SPEC}/ogcapi-features-3/1.0/conf/{name}"
        for name in ("queryables", "queryables-query-parameters", "filter", "features-filter")
    ),
    *(
        f"{_SPEC}/cql2/1.0/conf/{name}"
        for name in (
            "cql2-text",
            "cql2-json",
            "basic-cql2",
            "advanced-comparison-operators",
            "case-insensitive-comparison",
            "basic-spatial-functions",
            "basic-spatial-functions-plus",
            "spatial-functions",
            "temporal-functions",
        )
    ),
)
"""What is implemented here. Tiles and Part 4 add theirs."""


def describe_landing(
    site: Site,
    council: str,
    attributions: Sequence[str],
    more: Sequence[Mapping[str, Any]] = (),
    *,
    is_html: bool = False,
) -> dict[str, Any]:
    """Write the landing page; ``more``: links of what stands beside features, such as tiles."""
    return {
        "title": f"Maps of {council}",
        "description": f"Map layers of {council} and national ones. WMS and WFS are not offered.",
        "attribution": "; ".join(attributions),
        "links": [
            *representations(site.url(), JSON, is_html=is_html),
            link(site.url("api"), "service-desc", OPENAPI, "The API's definition (OpenAPI 3.0)"),
            link(site.url("api", f="html"), "service-doc", HTML, "The API's documentation"),
            link(site.url("conformance"), "conformance", JSON, "The standards that the API conforms to"),
            link(site.url("collections"), "data", JSON, "The layers"),
            *more,
        ],
    }


def describe_conformance(site: Site, more: Sequence[str] = (), *, is_html: bool = False) -> dict[str, Any]:
    """Write the conformance declaration."""
    links = representations(site.url("conformance"), JSON, is_html=is_html)
    return {"conformsTo": [*CONFORMANCE, *more], "links": links}


def describe_collection(site: Site, layer: Layer, more: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Write a collection, the same in the list and alone; ``more``: links of its tiles and files."""
    notes = [
        layer.description,
        f"Attribution: {layer.attribution.rstrip('.')}." if layer.attribution else "",
        f"As of: {layer.vintage}." if layer.vintage else "",
        "Made up for demonstration." if layer.synthetic else "",
    ]
    description: dict[str, Any] = {
        "id": layer.name,
        "title": layer.title,
        "description": " ".join(note for note in notes if note),
        "attribution": layer.attribution,
        "keeper": layer.keeper,
        "licence": layer.licence,
        "vintage": layer.vintage,
        "synthetic": layer.synthetic,
        "version": layer.version,
        "itemType": "feature",
        "crs": [crs.uri for crs in SYSTEMS],
        "storageCrs": layer.storage_crs.uri,
        "itemCount": layer.feature_count,
        "links": [*_link_collection(site, layer), *more],
    }
    if layer.extent is not None:
        interval = [_show_moment(layer.valid_since), _show_moment(layer.valid_until)]
        description["extent"] = {
            "spatial": {"bbox": [list(layer.extent)], "crs": Crs.CRS84.uri},
            "temporal": {"interval": [interval], "trs": GREGORIAN},
        }
    return description


def _show_moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _link_collection(site: Site, layer: Layer) -> list[Link]:
    base = ("collections", layer.name)
    links = [
        *representations(site.url(*base), JSON),
        link(site.url(*base, "items"), "items", GEOJSON, f"{layer.title} as GeoJSON"),
        link(site.url(*base, "items", f="html"), "items", HTML, f"{layer.title} as a page"),
        link(site.url(*base, "queryables"), f"{OGC_REL}/queryables", SCHEMA, "What can be filtered by"),
        link(site.url(*base, "schema"), f"{OGC_REL}/schema", SCHEMA, "The properties of its features"),
        link(site.url(*base, "schema"), "describedby", SCHEMA, "The properties of its features"),
    ]
    if layer.audience == "public":
        exports = f"{site.root.removesuffix('/ogc')}/v1/exports/{layer.name}"
        links += [
            link(f"{exports}.{form}", "enclosure", media_type, f"{layer.title} as a file: {title}")
            for form, media_type, title in FILES
        ]
    if layer.licence_url:
        links.append(link(layer.licence_url, "license", HTML, layer.licence))
    return links


def describe_collections(
    site: Site, collections: Sequence[dict[str, Any]], *, is_html: bool = False
) -> dict[str, Any]:
    """Write the list of collections."""
    links = representations(site.url("collections"), JSON, is_html=is_html)
    return {"links": links, "collections": list(collections)}
