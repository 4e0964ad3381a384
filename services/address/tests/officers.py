"""Somebody who keeps a gazetteer by its API, and a clock that only its rows go by."""

from urllib.parse import quote

import asyncpg

BASE = "/citytown/address/v1"
SCOPES = ["address:read", "address:write", "address:load"]
UPRNS = {"first": 900001, "last": 900999}
USRNS = {"first": 91000001, "last": 91000099}
# Every day the gazetteer keeps, and how to move it: rows of the past twice, or they would meet on the way.
_DATES = {
    "blpu": ("start_date", "entry_date", "last_update"),
    "lpi": ("start_date", "entry_date", "last_update"),
    "street": ("start_date", "entry_date", "last_update"),
    "successor": ("start_date", "entry_date", "last_update"),
    "place": ("valid_from", "entry_date"),
}


class Officer:
    """A client with a token. Changes send the ETag of what they read just before."""

    def __init__(self, client, mint, sub="officer-7", scopes=SCOPES):
        self.client = client
        self.headers = {"Authorization": f"Bearer {mint(scopes=scopes, sub=sub)}"}

    async def get(self, path, **parameters):
        return await self.client.get(BASE + path, params=parameters, headers=self.headers)

    async def tag(self, path):
        return (await self.get(path)).headers.get("ETag", '"0"')

    async def post(self, path, body, *, of=None, **headers):
        """``of`` is what the change is of: its ETag goes along."""
        precondition = {} if of is None else {"If-Match": await self.tag(of)}
        return await self.client.post(BASE + path, json=body, headers=self.headers | precondition | headers)

    async def patch(self, path, body, *, of=None, **headers):
        precondition = {"If-Match": await self.tag(path if of is None else of)}
        return await self.client.patch(BASE + path, json=body, headers=self.headers | precondition | headers)

    async def allot(self, uprn=(UPRNS,), usrn=(USRNS,)):
        """Give the council its number ranges."""
        headers = self.headers | {"If-Match": await self.tag("/ranges")}
        body = {"uprn": list(uprn), "usrn": list(usrn)}
        return await self.client.put(f"{BASE}/ranges", json=body, headers=headers)

    async def retire(self, uprn, **body):
        return await self.post(f"/addresses/{uprn}/retire", body, of=f"/addresses/{uprn}")


def house(number, **values):
    """A new house in Acacia Road."""
    usual = {
        "usrn": "90000001",
        "building_number": str(number),
        "classification": "RD04",
        "postcode": "BA1 5AA",
        "easting": 375000.25,
        "northing": 165000.75,
    }
    return usual | values


async def let_days_pass(postgres_url, database_url, days):
    """Make everything the gazetteer knows so many days older. Only a superuser may touch the history."""
    connection = await asyncpg.connect(postgres_url, database=quote(database_url.rpartition("/")[2]))
    await connection.execute("SET session_replication_role = replica")
    for table, columns in _DATES.items():
        moved = ", ".join(f"{column} = {column} - {days}" for column in columns)
        await connection.execute(f"UPDATE {table} SET {moved}")
    for step in (-100_000, 100_000 - days):
        await connection.execute(
            f"UPDATE place_past SET valid_from = valid_from + {step}, valid_to = valid_to + {step}"
        )
    for table in ("history", "street_history"):
        await connection.execute(f"UPDATE {table} SET at = at - interval '{days} days'")
    await connection.close()
