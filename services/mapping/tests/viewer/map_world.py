"""A small town around ST 750 640: a boundary, two wards, a street in two parts, postcodes and grit bins."""

import shapely

from mapping.collections.rules.states import NewFeature
from services.mapping.tests.layer_world import GRIT_BINS, WARDS, bin_at, publish, square

NAMED = [
    ("reference", "Reference", "string", "public", True, ()),
    ("name", "Name", "string", "public", False, ()),
]
BOUNDARY = {**WARDS, "name": "council-boundary", "title": "Council boundary", "area_type": "UTA"}
ROADS = {
    **GRIT_BINS,
    "name": "roads",
    "title": "Roads",
    "kind": "lines",
    "geometry_type": "LineString",
    "properties": NAMED,
    "key_property": "reference",
    "label_property": "name",
}
POSTCODES = {
    **GRIT_BINS,
    "name": "postcodes",
    "title": "Postcodes",
    "kind": "places",
    "properties": [("postcode", "Postcode", "string", "public", True, ())],
    "key_property": "postcode",
    "label_property": "postcode",
}
ZONES = {
    **WARDS,
    "name": "conservation-areas",
    "title": "Conservation areas",
    "kind": "zones",
    "area_type": "",
    "synthetic": True,
}
SECRET = {**GRIT_BINS, "name": "cameras", "title": "Cameras", "audience": "staff"}
# The middle of the grid square ST 7505 6405, in the western ward.
PLACE = (375_050, 164_050)


def road(number, name, *points):
    """A road through points in metres."""
    return NewFeature(f"R-{number}", shapely.LineString(points), {"reference": f"R-{number}", "name": name})


async def build_town(database, council="citytown"):
    """Publish the town's layers."""
    await publish(database, council, BOUNDARY, [square("E06000022", 374_000, 163_000, 3_000)])
    await publish(
        database,
        council,
        WARDS,
        [square("E05000001", 374_500, 163_500), square("E05000002", 375_500, 163_500)],
    )
    await publish(database, council, ZONES, [square("E90000001", 374_900, 163_900, 300)])
    roads = [
        road(1, "Milsom Street", (375_000, 164_000), (375_040, 164_040)),
        road(2, "Milsom Street", (375_040, 164_040), (375_060, 164_050)),
        road(3, "High Street", (375_000, 164_300), (375_100, 164_300)),
        road(4, "High Street", (376_300, 164_300), (376_400, 164_300)),
    ]
    await publish(database, council, ROADS, roads)
    code = NewFeature("BA1 5AW", shapely.Point(*PLACE), {"postcode": "BA1 5AW"})
    await publish(database, council, POSTCODES, [code])
    bins = [bin_at(number, PLACE[0] + 30 * number, PLACE[1], depth=number) for number in range(1, 61)]
    await publish(database, council, GRIT_BINS, bins)
    await publish(database, council, SECRET, [bin_at(1, *PLACE)])
