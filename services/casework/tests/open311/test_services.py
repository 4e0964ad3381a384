"""Services: the published case types that say how they are offered."""

from .conftest import read_xml


async def test_services_are_the_types_that_are_offered_in_both_languages(site):
    services = (await site.get("services.json", jurisdiction_id="")).json()
    assert [service["service_code"] for service in services] == ["fly-tip", "missed-bin", "pothole"]
    assert services[2] == {
        "service_code": "pothole",
        "service_name": "Pothole",
        "description": "Report a hole in a road, pavement or cycle path",
        "metadata": True,
        "type": "realtime",
        "keywords": "pothole,road,pavement,cycle path",
        "group": "Roads and streets",
        "groups": ["Roads and streets"],
    }
    root = read_xml(await site.get("services.xml"))
    assert [each.findtext("metadata") for each in root.findall("service")] == ["true"] * 3
    assert root.findtext("service/groups/group") == "Streets and open spaces"
    response = await site.client.get(f"{site.base}/services.json", headers={"Accept-Language": "cy"})
    assert response.json()[2]["service_name"] == "Twll yn y ffordd"
    assert response.headers["vary"] == "Accept-Language"


async def test_a_definition_asks_what_residents_answer_and_declares_what_software_fills(site):
    definition = (await site.get("services/missed-bin.json")).json()
    attributes = {each["code"]: each for each in definition["attributes"]}
    assert list(attributes) == [
        *("bin", "collection_day", "kept"),  # what the crew recorded and the ward are staff's
        *("fixmystreet_id", "easting", "northing", "closest_address"),
    ]
    assert attributes["bin"] == {
        "variable": True,
        "code": "bin",
        "datatype": "singlevaluelist",
        "required": True,
        "datatype_description": "",
        "order": 1,
        "description": "Which bin was missed?",
        "values": [
            {"key": "rubbish", "name": "Rubbish"},
            {"key": "recycling", "name": "Recycling"},
            {"key": "food", "name": "Food"},
            {"key": "garden", "name": "Garden"},
        ],
    }
    assert attributes["collection_day"]["datatype"] == "datetime"
    assert {attributes[code].get("automated") for code in list(attributes)[3:]} == {"server_set"}
    root = read_xml(await site.get("services/missed-bin.xml"))
    assert root.findtext("attributes/attribute/values/value/key") == "rubbish"


async def test_discovery_names_the_endpoint(site):
    discovery = (await site.get("discovery.json")).json()
    assert discovery["contact"] == "Citytown Council"
    [endpoint] = discovery["endpoints"]
    assert endpoint["url"] == "http://test.invalid/citytown/casework/open311/v2"
    assert (
        read_xml(await site.get("discovery.xml")).findtext("endpoints/endpoint/formats/format") == "text/xml"
    )
