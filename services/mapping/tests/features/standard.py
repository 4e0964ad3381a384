"""The tests of the standards by their own names, over any collection of any service at an address.

From opengeospatial/ogcapi-features 94e814b (core, crs, filtering) and ets-ogcapi-features10 a314c1e.
Subclass ``StandardTests`` where ``ogc`` and ``collection`` are fixtures.
"""

import re
from datetime import datetime

import jsonschema
import numpy
import pytest
import shapely
from openapi_spec_validator import OpenAPIV30SpecValidator

BASE = "/citytown/mapping/ogc"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
BNG = "http://www.opengis.net/def/crs/EPSG/0/27700"
WGS84 = "http://www.opengis.net/def/crs/EPSG/0/4326"
MERCATOR = "http://www.opengis.net/def/crs/EPSG/0/3857"
SYSTEMS = (CRS84, BNG, WGS84, MERCATOR)
UNSUPPORTED = "http://www.opengis.net/def/crs/0/unsupported"
QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
ETS_BOXES = ("-1.5,50,1.5,53", "-80,-5,-70,5", "177,65,-177,70", "-180,85,180,90", "-180,-90,180,-85")
ETS_MOST = 10_000  # the suite pages through no more

ETS_TIMES = (
    "2018-02-12T23:20:50Z",
    "2018-02-12",
    "2018-02-12T00:00:00Z/..",
    "../2018-03-18T12:31:12Z",
    "2018-02-12/P2D",
    "2018-02-12/2018-03-18",
)


class Ogc:
    """A client of one service."""

    def __init__(self, client, base=BASE, headers=None):
        self.client = client
        self.base = base
        self.headers = headers or {}

    async def __call__(self, path, accept="application/json", method="GET", **query):
        query = {name.replace("_", "-"): value for name, value in query.items()}
        headers = {**self.headers, "Accept": accept}
        return await self.client.request(method, self.base + path, params=query or None, headers=headers)

    async def json(self, path, **query):
        """Get a document, which must be there."""
        response = await self(path, **query)
        assert response.status_code == 200, (path, query, response.text[:500])
        return response.json()

    async def items(self, collection, **query):
        """Get a page of features."""
        return await self.json(f"/collections/{collection}/items", **query)

    async def all_ids(self, collection, **query):
        """Follow next to the end, and list the ids of all features found."""
        page = await self.items(collection, limit=1_000, **query)
        ids = [feature["id"] for feature in page["features"]]
        while href := find_link(page, "next"):
            page = (await self.client.get(href, headers=self.headers)).json()
            ids += [feature["id"] for feature in page["features"]]
        return ids

    async def describe(self, collection):
        """Get a collection's description."""
        return await self.json(f"/collections/{collection}")


def find_link(document, rel, media_type=None):
    """Find the address of a document's link."""
    for link in document["links"]:
        if link["rel"] == rel and media_type in (None, link["type"]):
            return link["href"]
    return None


def check_links(document):
    """Every link says where, what and as which type; self and alternate are there."""
    for link in document["links"]:
        assert link["href"].startswith("http")
        assert link["rel"]
        assert link["type"]
        assert link["title"]
    assert find_link(document, "self")
    assert find_link(document, "alternate", "text/html")


def check_problem(response, status=400, field=None):
    """An error is a problem, which names the parameter."""
    assert response.status_code == status, response.text[:500]
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert problem["detail"]
    if field:
        assert problem["errors"][0]["field"] == f"query.{field}"


def meets(feature, box):
    """Tell whether a feature lies in a box of the ETS's; without a place it is in every one."""
    if feature["geometry"] is None:
        return True
    west, south, east, north = map(float, box.split(","))
    parts = (
        [shapely.box(west, south, east, north)]
        if west <= east
        else [shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)]
    )
    # Coordinates are rounded: to six decimals, and by the other system's millimetres.
    return any(shapely.geometry.shape(feature["geometry"]).distance(part) < 2e-6 for part in parts)


def write_box(extent):
    """Write a box as a parameter."""
    return ",".join(str(number) for number in extent)


async def get_definition(ogc):
    """Get the API's definition."""
    response = await ogc("/api", accept="application/vnd.oai.openapi+json;version=3.0")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    return response.json()


async def find_parameter(ogc, collection, name):
    """Find the definition of a parameter of a collection's items."""
    document = await get_definition(ogc)
    operation = document["paths"][f"/collections/{collection}/items"]["get"]
    parameters = [
        document["components"]["parameters"][each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        for each in operation["parameters"]
    ]
    return next(each for each in parameters if each["name"] == name)


class ServiceTests:
    """What is there once: /req/core of Part 1."""

    async def test_root_op(self, ogc):
        assert (await ogc("")).status_code == (await ogc("/")).status_code == 200

    async def test_root_success(self, ogc):
        page = await ogc.json("")
        check_links(page)
        assert find_link(page, "service-desc", "application/vnd.oai.openapi+json;version=3.0")
        assert find_link(page, "service-doc", "text/html")
        for rel in ("conformance", "data"):
            response = await ogc.client.get(find_link(page, rel), headers=ogc.headers)
            assert response.status_code == 200

    async def test_api_definition_op(self, ogc):
        await get_definition(ogc)

    async def test_api_definition_success(self, ogc):
        document = await get_definition(ogc)
        assert document["openapi"].startswith("3.0.")
        OpenAPIV30SpecValidator(document).validate()

    async def test_conformance_op(self, ogc):
        assert (await ogc("/conformance")).status_code == 200

    async def test_conformance_success(self, ogc):
        classes = (await ogc.json("/conformance"))["conformsTo"]
        part_1 = {f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" for name in
                  ("core", "oas30", "html", "geojson")}  # fmt: skip
        assert part_1 <= set(classes)
        assert len(classes) == len(set(classes))

    async def test_fc_md_op(self, ogc):
        assert (await ogc("/collections")).status_code == 200

    async def test_fc_md_links(self, ogc):
        check_links(await ogc.json("/collections"))

    async def test_every_link_of_a_page_can_be_followed(self, ogc):
        response = await ogc("/collections", accept="text/html")
        assert response.headers["content-type"].startswith("text/html")
        for href in set(re.findall(r'href="(http[^"]+/ogc[^"]*)"', response.text)):
            response = await ogc.client.get(href.replace("&amp;", "&"), headers=ogc.headers)
            assert response.status_code == 200, href

    async def test_f_op(self, ogc):
        for form, media_type in (("json", "application/json"), ("html", "text/html; charset=utf-8")):
            for path in ("", "/conformance", "/collections"):
                assert (await ogc(path, f=form)).headers["content-type"] == media_type
        check_problem(await ogc("/collections", f="xml"), 400, "f")

    async def test_no_such_format(self, ogc):
        check_problem(await ogc("/collections", accept="application/gml+xml"), 406)

    async def test_no_such_collection(self, ogc):
        for path in ("", "/items", "/items/1", "/queryables", "/schema"):
            check_problem(await ogc(f"/collections/no-such-layer{path}"), 404)

    async def test_query_param_unknown_everywhere(self, ogc):
        for path in ("", "/api", "/conformance", "/collections"):
            check_problem(await ogc(path, tlpmbrrrgl="x"), 400, "tlpmbrrrgl")

    async def test_default_crs(self, ogc):
        for each in (await ogc.json("/collections"))["collections"]:
            assert each["crs"][0] == CRS84

    async def test_storage_crs(self, ogc):
        for each in (await ogc.json("/collections"))["collections"]:
            assert each["storageCrs"] in each["crs"]


class StandardTests:
    """What every collection must do: Parts 1, 2 and 3."""

    # Part 1, core

    async def test_fc_md_success(self, ogc, collection):
        listed = (await ogc.json("/collections"))["collections"]
        assert collection in [each["id"] for each in listed]

    async def test_fc_md_items(self, ogc, collection):
        description = await ogc.describe(collection)
        assert description["itemType"] == "feature"
        assert description["title"]

    async def test_fc_md_items_links(self, ogc, collection):
        description = await ogc.describe(collection)
        check_links(description)
        for media_type in ("application/geo+json", "text/html"):
            href = find_link(description, "items", media_type)
            response = await ogc.client.get(href, headers={**ogc.headers, "Accept": media_type})
            assert response.status_code == 200
            assert response.headers["content-type"].startswith(media_type)

    async def test_fc_md_extent(self, ogc, collection):
        extent = (await ogc.describe(collection))["extent"]
        west, south, east, north = extent["spatial"]["bbox"][0]
        assert -180 <= west <= east <= 180
        assert -90 <= south <= north <= 90
        assert extent["spatial"]["crs"] == CRS84
        assert len(extent["temporal"]["interval"][0]) == 2

    async def test_fc_md_extent_multi(self, ogc, collection):
        box = shapely.box(*(await ogc.describe(collection))["extent"]["spatial"]["bbox"][0]).buffer(2e-6)
        for feature in (await ogc.items(collection, limit=1_000))["features"]:
            if feature["geometry"] is not None:
                assert box.covers(shapely.geometry.shape(feature["geometry"])), feature["id"]

    async def test_sfc_md_op(self, ogc, collection):
        for suffix in ("", "/"):
            assert (await ogc(f"/collections/{collection}{suffix}")).status_code == 200

    async def test_sfc_md_success(self, ogc, collection):
        listed = (await ogc.json("/collections"))["collections"]
        assert await ogc.describe(collection) in listed

    async def test_fc_op(self, ogc, collection):
        for suffix in ("", "/"):
            assert (await ogc(f"/collections/{collection}/items{suffix}")).status_code == 200

    async def test_fc_bbox_definition(self, ogc, collection):
        parameter = await find_parameter(ogc, collection, "bbox")
        assert parameter["in"] == "query"
        assert not parameter.get("required")
        assert (parameter["style"], parameter["explode"]) == ("form", False)
        schema = parameter["schema"]
        assert (schema["type"], schema["items"]["type"]) == ("array", "number")
        assert (schema["minItems"], schema["maxItems"]) == (4, 6)

    async def test_fc_bbox_response(self, ogc, collection):
        extent = (await ogc.describe(collection))["extent"]["spatial"]["bbox"][0]
        all_features = (await ogc.items(collection, limit=ETS_MOST))["features"]
        for box in (*ETS_BOXES, write_box(extent)):
            result = await ogc.items(collection, bbox=box, limit=ETS_MOST)
            assert all(meets(feature, box) for feature in result["features"]), box
            if len(all_features) < ETS_MOST:
                ids = {feature["id"] for feature in result["features"]}
                missed = [each for each in all_features if each["id"] not in ids and meets(each, box)]
                assert all(is_near_border(each, box) for each in missed), box
        assert len(result["features"]) == len(all_features)  # of our own extent

    async def test_fc_limit_definition(self, ogc, collection):
        schema = (await find_parameter(ogc, collection, "limit"))["schema"]
        assert schema["type"] == "integer"
        assert 0 <= schema["minimum"] <= schema["default"] <= schema["maximum"]

    async def test_fc_limit_response_1(self, ogc, collection):
        count = (await ogc.describe(collection))["itemCount"]
        for limit in (1, 7, 1_000_000):
            page = await ogc.items(collection, limit=limit)
            assert page["numberReturned"] == len(page["features"]) == min(limit, count, ETS_MOST)

    async def test_fc_time_definition(self, ogc, collection):
        parameter = await find_parameter(ogc, collection, "datetime")
        assert (parameter["in"], parameter["schema"]["type"]) == ("query", "string")
        assert (parameter["style"], parameter["explode"]) == ("form", False)

    async def test_fc_time_response(self, ogc, collection):
        for text in ETS_TIMES:
            page = await ogc.items(collection, datetime=text, limit=5)
            assert page["numberReturned"] == len(page["features"])

    async def test_query_param_invalid(self, ogc, collection):
        for name, text in (("limit", "unlimited"), ("limit", "0"), ("limit", "-1"), ("bbox", "1,2,3,4,5"),
                           ("bbox", "1,5,2,4"), ("bbox", "NaN,1,2,3"), ("datetime", "../.."), ("after", "x"),
                           ("datetime", "2020-01-02/2020-01-01"), ("datetime", "2020-01-01T00:00:00"),
                           ("crs", "EPSG:4326"), ("f", "gml")):  # fmt: skip
            check_problem(await ogc(f"/collections/{collection}/items", **{name: text}), 400, name)

    async def test_query_param_unknown(self, ogc, collection):
        for path in ("", "/items", "/queryables", "/schema"):
            check_problem(await ogc(f"/collections/{collection}{path}", tlpmbrrrgl="x"), 400, "tlpmbrrrgl")

    async def test_fc_response(self, ogc, collection):
        response = await ogc(f"/collections/{collection}/items", accept="application/geo+json")
        assert response.headers["content-type"] == "application/geo+json"
        page = response.json()
        assert page["type"] == "FeatureCollection"
        for feature in page["features"]:
            assert feature["type"] == "Feature"
            assert isinstance(feature["properties"], dict)
            assert "geometry" in feature

    async def test_fc_links(self, ogc, collection):
        page = await ogc.items(collection, limit=1)
        check_links(page)
        if page["numberMatched"] > 1:
            response = await ogc(f"/collections/{collection}/items", limit=1)
            assert f'<{find_link(page, "next")}>; rel="next"' in response.headers["link"]

    async def test_fc_timestamp(self, ogc, collection):
        stamp = (await ogc.items(collection, limit=1))["timeStamp"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp)
        assert datetime.fromisoformat(stamp).tzinfo

    async def test_fc_number_matched(self, ogc, collection):
        page = await ogc.items(collection, limit=3)
        assert page["numberMatched"] == (await ogc.describe(collection))["itemCount"]

    async def test_next_leads_to_every_feature_once(self, ogc, collection):
        count = (await ogc.describe(collection))["itemCount"]
        ids = await ogc.all_ids(collection)
        assert len(ids) == len(set(ids)) == count

    async def test_f_links(self, ogc, collection):
        page = await ogc.items(collection, limit=1)
        response = await ogc.client.get(find_link(page, "alternate", "text/html"), headers=ogc.headers)
        assert response.headers["content-type"].startswith("text/html")
        assert page["features"][0]["id"] in response.text

    async def test_crs84(self, ogc, collection):
        for feature in (await ogc.items(collection, limit=1_000))["features"]:
            if feature["geometry"] is not None:
                west, south, east, north = shapely.geometry.shape(feature["geometry"]).bounds
                assert -180 <= west <= east <= 180
                assert -90 <= south <= north <= 90

    # Part 1, GeoJSON and HTML

    async def test_geojson_definition_and_content(self, ogc, collection):
        first = (await ogc.items(collection, limit=1))["features"][0]
        response = await ogc(f"/collections/{collection}/items/{first['id']}", accept="application/geo+json")
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/geo+json"
        feature = response.json()
        check_links(feature)
        assert find_link(feature, "collection")
        assert {name: feature[name] for name in first} == first
        check_problem(await ogc(f"/collections/{collection}/items/no-such-feature"), 404)

    async def test_html_content(self, ogc, collection):
        first = (await ogc.items(collection, limit=1))["features"][0]
        response = await ogc(f"/collections/{collection}/items/{first['id']}", accept="text/html")
        assert response.headers["content-type"].startswith("text/html")
        assert first["id"] in response.text

    # Part 2, CRS

    async def test_crs_uri(self, ogc, collection):
        description = await ogc.describe(collection)
        for uri in (*description["crs"], description["storageCrs"]):
            assert re.fullmatch(r"http://www\.opengis\.net/def/crs/(OGC|EPSG)/[\d.]+/\w+", uri)

    async def test_crs_parameter(self, ogc, collection):
        first = (await ogc.items(collection, limit=1))["features"][0]
        for uri in SYSTEMS:
            for path in ("", f"/{first['id']}"):
                response = await ogc(f"/collections/{collection}/items{path}", crs=uri)
                assert response.status_code == 200, response.text[:300]
                assert response.headers["content-crs"] == f"<{uri}>"

    async def test_crs_parameter_invalid(self, ogc, collection):
        for path in ("", "/1"):
            check_problem(await ogc(f"/collections/{collection}/items{path}", crs=UNSUPPORTED), 400, "crs")

    async def test_crs_parameter_default(self, ogc, collection):
        response = await ogc(f"/collections/{collection}/items", limit=3)
        assert response.headers["content-crs"] == f"<{CRS84}>"
        explicit = await ogc(f"/collections/{collection}/items", limit=3, crs=CRS84)
        assert response.json()["features"] == explicit.json()["features"]

    async def test_crs_parameter_transform(self, ogc, collection):
        from mapping.shared.coordinates import Crs, project  # noqa: PLC0415 - what it is checked against

        pages = {uri: (await ogc.items(collection, limit=20, crs=uri))["features"] for uri in SYSTEMS}
        for index, feature in enumerate(pages[CRS84]):
            if feature["geometry"] is None:
                continue
            degrees = shapely.get_coordinates(shapely.geometry.shape(feature["geometry"]))
            for uri in SYSTEMS:
                shape = shapely.geometry.shape(pages[uri][index]["geometry"])
                back = project(shapely.get_coordinates(shape), Crs(uri), Crs.CRS84)
                assert numpy.abs(back - degrees).max() < 1e-6

    async def test_bbox_crs_parameter(self, ogc, collection):
        extent = (await ogc.describe(collection))["extent"]["spatial"]["bbox"][0]
        west, south, east, north = extent
        middle = (west + east) / 2
        expected = await ogc.all_ids(collection, bbox=write_box((west, south, middle, north)))
        turned = write_box((south, west, north, middle))
        assert await ogc.all_ids(collection, bbox=turned, bbox_crs=WGS84) == expected
        from mapping.shared.coordinates import Crs, project  # noqa: PLC0415 - what it is checked against

        for uri in (BNG, MERCATOR):
            corners = numpy.array([(west, south), (west, north), (east, south), (east, north)])
            x, y = project(corners, Crs.CRS84, Crs(uri)).T
            box = write_box((x.min() - 500, y.min() - 500, x.max() + 500, y.max() + 500))
            if numpy.isfinite(x).all():
                assert set(await ogc.all_ids(collection, bbox=box, bbox_crs=uri)) >= set(expected)

    async def test_bbox_crs_parameter_invalid(self, ogc, collection):
        response = await ogc(f"/collections/{collection}/items", bbox="0,0,1,1", bbox_crs=UNSUPPORTED)
        check_problem(response, 400, "bbox-crs")

    async def test_bbox_crs_parameter_default(self, ogc, collection):
        box = write_box((await ogc.describe(collection))["extent"]["spatial"]["bbox"][0])
        page = await ogc.items(collection, bbox=box, limit=50)
        assert (
            page["features"] == (await ogc.items(collection, bbox=box, limit=50, bbox_crs=CRS84))["features"]
        )

    # Part 3, queryables and filter

    async def test_get_queryables_op(self, ogc, collection):
        response = await ogc(f"/collections/{collection}/queryables", accept="application/schema+json")
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/schema+json"

    async def test_get_queryables_response(self, ogc, collection):
        response = await ogc(f"/collections/{collection}/queryables")
        schema = response.json()
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema["$id"] == str(response.url)
        assert schema["type"] == "object"
        jsonschema.Draft202012Validator.check_schema(schema)
        for each in schema["properties"].values():
            assert each["title"]
            assert ("type" in each) != ("x-ogc-role" in each)

    async def test_features_are_as_the_schema_says(self, ogc, collection):
        schema = await ogc.json(f"/collections/{collection}/schema")
        of_properties = {**schema, "properties": {**schema["properties"]}}
        del of_properties["properties"]["geometry"]
        jsonschema.Draft202012Validator.check_schema(schema)
        for feature in (await ogc.items(collection, limit=200))["features"]:
            values = {name: value for name, value in feature["properties"].items() if value is not None}
            assert values.keys() <= of_properties["properties"].keys()

    async def test_queryables_link(self, ogc, collection):
        href = find_link(await ogc.describe(collection), QUERYABLES, "application/schema+json")
        assert (await ogc.client.get(href, headers=ogc.headers)).status_code == 200

    async def test_parameters(self, ogc, collection):
        name, value = await find_value(ogc, collection)
        if name is None:
            pytest.skip("no feature has a text to look for")
        assert (await find_parameter(ogc, collection, name))["in"] == "query"
        result = await ogc.items(collection, **{name: value})
        assert result["features"]
        assert all(feature["properties"][name] == value for feature in result["features"])

    async def test_filter_param(self, ogc, collection):
        assert (await find_parameter(ogc, collection, "filter"))["schema"]["type"] == "string"

    async def test_filter_lang_param(self, ogc, collection):
        schema = (await find_parameter(ogc, collection, "filter-lang"))["schema"]
        assert schema["enum"] == ["cql2-text", "cql2-json"]
        assert schema["default"] == "cql2-text"

    async def test_filter_crs_param(self, ogc, collection):
        schema = (await find_parameter(ogc, collection, "filter-crs"))["schema"]
        assert (schema["type"], schema["format"], schema["default"]) == ("string", "uri", CRS84)

    async def test_filter_crs_wgs84(self, ogc, collection):
        west, south, east, north = (await ogc.describe(collection))["extent"]["spatial"]["bbox"][0]
        middle = (west + east) / 2
        box = f"S_INTERSECTS(geometry,BBOX({west},{south},{middle},{north}))"
        turned = f"S_INTERSECTS(geometry,BBOX({south},{west},{north},{middle}))"
        ids = await ogc.all_ids(collection, filter=box)
        assert await ogc.all_ids(collection, filter=box, filter_crs=CRS84) == ids
        assert await ogc.all_ids(collection, filter=turned, filter_crs=WGS84) == ids
        check_problem(
            await ogc(f"/collections/{collection}/items", filter="TRUE", filter_crs="x"), 400, "filter-crs"
        )

    async def test_mixing_expressions(self, ogc, collection):
        west, south, east, north = (await ogc.describe(collection))["extent"]["spatial"]["bbox"][0]
        half = write_box((west, south, (west + east) / 2, north))
        name, value = await find_value(ogc, collection)
        condition = f"\"{name}\" = '{value}'" if name else "TRUE"
        in_box, matching_ids = (
            await ogc.all_ids(collection, bbox=half),
            await ogc.all_ids(collection, filter=condition),
        )
        intersection = await ogc.all_ids(collection, bbox=half, filter=condition)
        assert intersection == [each for each in in_box if each in set(matching_ids)]

    async def test_response(self, ogc, collection):
        path = f"/collections/{collection}/items"
        for text in ("no_such_property = 1", "=", "S_INTERSECTS(geometry,POINT(90 180))", "(" * 2_000):
            check_problem(await ogc(path, filter=text), 400, "filter")
        check_problem(await ogc(path, filter="TRUE", filter_lang="ecql"), 400, "filter-lang")
        assert (await ogc(path, filter='{"op":"not","args":[true]}', filter_lang="cql2-json")).json()[
            "features"
        ] == []

    # HTTP

    async def test_http_head_and_copies(self, ogc, collection):
        for path in ("", f"/collections/{collection}", f"/collections/{collection}/items"):
            response = await ogc(path)
            head = await ogc(path, method="HEAD")
            assert (head.status_code, head.headers["etag"]) == (200, response.headers["etag"])
            again = await ogc.client.get(
                ogc.base + path,
                headers={
                    **ogc.headers,
                    "Accept": "application/json",
                    "If-None-Match": response.headers["etag"],
                },
            )
            assert (again.status_code, again.content) == (304, b"")


def is_near_border(feature, box):
    """Tell whether a feature touches a box by no more than what rounding moves."""
    west, south, east, north = map(float, box.split(","))
    shape = shapely.geometry.shape(feature["geometry"])
    return not shape.intersects(shapely.box(west, south, east, north).buffer(-2e-6))


async def find_value(ogc, collection):
    """Find a text that a feature has, and the property that has it."""
    document = await ogc.json(f"/collections/{collection}/queryables")
    names = [
        name
        for name, each in document["properties"].items()
        if each.get("type") == "string" and "format" not in each
    ]
    for feature in (await ogc.items(collection, limit=20))["features"]:
        for name in names:
            value = feature["properties"].get(name)
            if value and "'" not in value and name.isidentifier() and "_" not in name:
                return name, value
    return None, None
