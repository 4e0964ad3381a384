"""Councils with the default funds, for the tests of council finance."""

from types import SimpleNamespace

SCOPES = ["payments:finance", "payments:finance-read"]
COLLECTIONS = ("funds", "reference-rules", "vat-codes", "payment-methods")


def headers_of(mint, council="citytown", scopes=SCOPES, mode="live", **claims):
    """The headers of who keeps a council's finance data."""
    token = mint(scopes=scopes, mode=mode, councils=[council], **claims)
    return {"Authorization": f"Bearer {token}"}


def url(collection, council="citytown", *rest):
    return "/".join([f"/{council}/payments/finance/v1/{collection}", *rest])


async def import_default(client, mint, council, nation):
    response = await client.post(
        url("imports", council), json={"default": nation}, headers=headers_of(mint, council)
    )
    assert response.status_code == 201, response.text
    return response.json()


async def read_finance(client, mint, council):
    """A council's records by what people call them."""
    finance = SimpleNamespace()
    for collection in COLLECTIONS:
        response = await client.get(
            url(collection, council), params={"limit": 100}, headers=headers_of(mint, council)
        )
        assert response.status_code == 200, response.text
        items = response.json()["items"]
        by_code = {item.get("code", item["name"]): item for item in items}
        setattr(finance, collection.replace("-", "_"), by_code)
    return finance
