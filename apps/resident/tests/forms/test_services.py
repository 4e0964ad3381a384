"""The list of a council's services, and where each starts."""


async def test_a_council_without_services_says_so(client):
    page = await client.get("/citytown/services/")
    assert page.status_code == 200
    assert "This council has no services here yet." in page.text


async def test_a_service_that_is_not_published_is_not_found(client):
    page = await client.get("/citytown/services/garden-waste/", headers={"Accept": "text/html"})
    assert page.status_code == 404
