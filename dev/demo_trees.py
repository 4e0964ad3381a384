"""Make the invented tree preservation orders of the demonstration, and documents of conservation areas.

No tree preservation orders of the place are published under an open licence, so these stand in for them.
"""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from dev.demo_layer_files import Feature, Properties, read, to_plane

SPECIES = ("Oak", "Beech", "Lime", "Horse chestnut", "Yew", "London plane", "Sycamore", "Copper beech")
ORDERS = 24
FELLED = 4  # of every nine orders, the one whose first tree is gone
FIRST_ORDER = date(1974, 3, 4)
KINDS = ("group", "area", "woodland", None)  # of an order's zone; some orders name trees only
PAGE = "https://www.citytown.example/planning"


def _order_dates(number: int) -> tuple[date, date | None]:
    """Give when an order was made, and when confirmed: the last two are not yet."""
    order_date = FIRST_ORDER + timedelta(days=733 * number)
    return order_date, None if number >= ORDERS - 2 else order_date + timedelta(days=150)


def _sites(council: str) -> list[tuple[Properties, BaseGeometry]]:
    """Choose the green spaces that orders protect: spread over the whole list."""
    sites = [each for each in read(council, "greenspace-sites") if each[0]["name"]]
    return sites[:: max(len(sites) // ORDERS, 1)][:ORDERS]


def make_zones(council: str) -> Iterator[Feature]:
    """Make the zones of orders: a part of a green space each."""
    for number, (site, polygon) in enumerate(_sites(council)):
        kind = KINDS[number % len(KINDS)]
        if kind is None:
            continue
        share = {"group": 0.15, "area": 0.6, "woodland": 1.0}[kind]
        to_metres, to_degrees = to_plane(polygon.centroid.y)
        flat = shapely.transform(polygon, to_metres)
        disc = flat.representative_point().buffer(share * np.sqrt(flat.area / np.pi), quad_segs=6)
        zone = flat if kind == "woodland" else max(shapely.get_parts(disc & flat), key=lambda part: part.area)
        properties = {
            "reference": f"TPO-{number + 1:03d}-{kind[0].upper()}1",
            "name": f"{kind.capitalize()} at {site['name']}",
            "order": f"TPO-{number + 1:03d}",
            "kind": kind,
            "species": ", ".join(SPECIES[number % 5 : number % 5 + 3]),
        }
        yield properties, shapely.transform(zone, to_degrees)


def make_trees(council: str) -> Iterator[Feature]:
    """Make three to six single trees of each order, in a row across its green space."""
    for number, (site, polygon) in enumerate(_sites(council)):
        trees = 3 + number % 4
        centre = polygon.representative_point()
        for index in range(trees):
            point = shapely.Point(centre.x + (index - trees / 2) * 0.00012, centre.y + 0.00004 * (index % 2))
            felled = number % 9 == FELLED and index == 0
            properties = {
                "reference": f"TPO-{number + 1:03d}-T{index + 1}",
                "name": f"{SPECIES[(number + index) % len(SPECIES)]}, {site['name']}",
                "order": f"TPO-{number + 1:03d}",
                "species": SPECIES[(number + index) % len(SPECIES)],
                "felled_date": "2019-11-20" if felled else None,
            }
            yield properties, point


def make_orders(council: str) -> Iterator[Feature]:
    """Make the orders: each covers its zones and trees."""
    parts: dict[str, list[BaseGeometry]] = {}
    for properties, geometry in [*make_zones(council), *make_trees(council)]:
        parts.setdefault(properties["order"], []).append(geometry)
    for number, (site, _) in enumerate(_sites(council)):
        order_date, confirmed = _order_dates(number)
        reference = f"TPO-{number + 1:03d}"
        properties = {
            "reference": reference,
            "name": f"{site['name']} Tree Preservation Order {order_date.year}",
            "made_date": order_date.isoformat(),
            "confirmed_date": confirmed and confirmed.isoformat(),
            "documentation_url": f"{PAGE}/trees/{reference.lower()}",
            "document_url": f"{PAGE}/trees/{reference.lower()}.pdf",
        }
        yield (
            properties,
            shapely.GeometryCollection(parts[reference]).convex_hull.buffer(0.00005, quad_segs=3),
        )


def make_documents(council: str) -> Iterator[Feature]:
    """Make an appraisal for every second conservation area, and a notice for every tenth."""
    for number, (area, polygon) in enumerate(read(council, "conservation-areas")):
        kinds = ["area-appraisal"] * (number % 2 == 0) + ["notice"] * (number % 10 == 0)
        for kind in kinds:
            words = "character appraisal" if kind == "area-appraisal" else "notice of designation"
            slug = f"{area['reference'].lower()}-{kind}"
            properties = {
                "reference": f"{area['reference']}-{'A' if kind == 'area-appraisal' else 'N'}1",
                "name": f"{area['name']} {words}",
                "conservation_area": area["reference"],
                "document_type": kind,
                "documentation_url": f"{PAGE}/conservation-areas/{area['reference'].lower()}",
                "document_url": f"{PAGE}/conservation-areas/{slug}.pdf",
            }
            yield properties, polygon.representative_point()
