"""Headers and bodies of who keeps a council's calendars, for tests."""

SCOPES = ["casework:read", "casework:configure"]
CLOSURE = {
    "first_day": "2026-12-29", "last_day": "2026-12-31", "name": "Christmas closure", "name_cy": "Cau",
}  # fmt: skip
TERMS_2025 = [
    {"first": first, "last": last}
    for first, last in (
        ("2025-09-03", "2025-10-24"), ("2025-11-03", "2025-12-19"), ("2026-01-05", "2026-02-13"),
        ("2026-02-23", "2026-03-27"), ("2026-04-13", "2026-05-22"), ("2026-06-01", "2026-07-21"),
    )
]  # fmt: skip


def headers_of(mint, council="citytown", scopes=SCOPES, mode="live", **claims):
    token = mint(scopes=scopes, mode=mode, councils=[council], **claims)
    return {"Authorization": f"Bearer {token}"}


def url(place, council="citytown"):
    return f"/{council}/casework/v1/{place}"


async def add(client, mint, place, body, council="citytown"):
    response = await client.post(url(place, council), json=body, headers=headers_of(mint, council))
    assert response.status_code == 201, response.text
    return response.json()


async def get(client, mint, place, council="citytown", **query):
    response = await client.get(url(place, council), params=query, headers=headers_of(mint, council))
    assert response.status_code == 200, response.text
    return response.json()
