"""A small council of a demonstration town's data, with something of everything that its API changes."""

import csv
import gzip
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from address.loading.actions import command

DATA = Path(__file__).parents[3] / "dev/data"
SCOPES = ["address:read", "address:write", "address:load", "address:match", "address:private"]
ROWS = 60


@dataclass
class Town:
    """A council and the objects in its gazetteer: the parameters of the API's paths."""

    council: str
    label: str  # in the names it chooses, instead of its slug
    rows: list[dict[str, str]]
    objects: dict[str, str] = field(default_factory=dict)

    @property
    def first(self):
        return self.rows[0]


def read_rows(council):
    """The first rows of a demonstration town's file."""
    with gzip.open(DATA / council / "addresses.csv.gz", "rt", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        return [row for row, _ in zip(reader, range(ROWS), strict=False)]


def write_rows(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def headers_of(mint, council):
    token = mint(scopes=SCOPES, councils=[council], sub="officer", mode="live")
    return {"Authorization": f"Bearer {token}"}


async def create_town(client, settings, mint, folder, town, first_number):
    """Load a town's rows and change them through the API; ``first_number`` is of its number ranges."""
    path = write_rows(folder / f"{town.council}.csv", town.rows)
    assert await command.load(settings, [str(path), "--council", town.council]) == command.DONE
    url, headers = f"/{town.council}/address/v1", headers_of(mint, town.council)
    uprn, usrn = int(town.first["uprn"]), int(town.first["usrn"])
    town.objects = {"uprn": str(uprn), "usrn": str(usrn), "scheme": f"{town.label}-scheme"}

    async def send(method, path, body, of=None):
        tag = (await client.get(url + of, headers=headers)).headers.get("ETag", '"0"') if of else None
        request_headers = headers | ({"If-Match": tag} if tag else {})
        answer = await client.request(method, url + path, json=body, headers=request_headers)
        assert answer.status_code in {200, 201, 202, 204}, (path, answer.text)
        return answer.json() if answer.content else {}

    span = {"first": first_number, "last": first_number + 99}
    await send("PUT", "/ranges", {"uprn": [span], "usrn": [span | {"last": first_number + 9}]}, "/ranges")
    await send("PATCH", f"/addresses/{uprn}", {"state": 2}, f"/addresses/{uprn}")
    street = await send("POST", "/streets", {"description": f"{town.label} STREET".upper(), "town": "NEWTON"})
    development = await send("POST", "/developments", {
        "name": "Land off the street", "street": street["usrn"], "postcode": town.first["postcode"],
        "easting": float(town.first["easting"]), "northing": float(town.first["northing"]),
        "scheme": {"side": "odd", "from": 1, "count": 3},
    })  # fmt: skip
    town.objects["development"] = development["id"]
    await send(
        "PUT", f"/reference-schemes/{town.label}-scheme", {"name": "A scheme", "private": False, "many": True}
    )
    for scheme in (f"{town.label}-scheme", "council-tax"):
        await send("PUT", f"/addresses/{uprn}/references/{scheme}", {"reference": f"{town.label}/7"})
    town.objects["batch"] = (await send_batch(client, mint, town, town.council))["id"]


async def send_batch(client, mint, town, council):
    """Send an address of the town to be matched."""
    row = town.first
    body = f"id,address,postcode\n1,{row['number']} {row['streetname']},{row['postcode']}\n"
    headers = headers_of(mint, council) | {"Content-Type": "text/csv"}
    answer = await client.post(f"/{council}/address/v1/match/batches", content=body.encode(), headers=headers)
    assert answer.status_code == 202, answer.text
    return answer.json()


def queries_of(town):
    """The query parameters of the reads that need some, by the end of the path."""
    row = town.first
    east, north = float(row["easting"]), float(row["northing"])
    point = f"{east},{north}"
    return {
        "v1/bbox": {"bbox": f"{east - 50},{north - 50},{east + 50},{north + 50}"},
        "v1/find": {"query": f"{row['streetname']} {row['postcode']}", "maxresults": 100},
        "v1/nearest": {"point": point},
        "v1/radius": {"point": point, "radius": 50},
        "v1/postcode": {"postcode": row["postcode"]},
        "v1/uprn": {"uprn": row["uprn"]},
        "v1/addresses": {"q": f"{row['number']} {row['streetname']}"},
        "v1/changes": {"limit": 500},
        "references/{scheme}": {"reference": f"{town.label}/7"},
        "postcodes-io/postcodes": {"q": row["postcode"]},
    }


async def read_all(client, mint, paths, town, council):
    """Answer every path that reads something of the council, by the path's template."""
    answers, headers = {}, headers_of(mint, council)
    for path in paths:
        filled = path.format(council=council, postcode=quote(town.first["postcode"]), **town.objects)
        queries = queries_of(town)
        query = next((queries[end] for end in queries if path.endswith(end)), {})
        answer = await client.get(filled, params=query, headers=headers)
        assert answer.status_code == 200, (filled, query, answer.text)
        json = answer.headers["content-type"].startswith("application/json")
        answers[path] = answer.json() if json else answer.text
    return answers
