"""The demonstration councils' gazetteers: loaded once, by the address service's own loader."""

import asyncio
import csv
import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from dev import plan, state
from dev.plan import Town
from dev.state import ROOT
from dev.steps import Step
from dev.supervisor import Process, Supervisor
from dev.telling import Teller
from dev.trouble import Trouble

DATA = ROOT / "dev" / "data"
FILE = "addresses.csv.gz"
POSTCODES = "gb_postcodes.csv.xz"
# A postcode of each council's file (files are loaded whole or not at all), and the part of the
# file that the small demonstration takes.
KNOWN = {"citytown": "BA1 1LJ", "hillshire": "FK8 1TS"}
SMALL = {"citytown": "BA1 1", "hillshire": "FK8 1"}
LOADER_FLAGS = ("--dry-run", "--again", "--yes")
CHOICES = ("full", "small", "none")


def steps(town: Town, supervisor: Supervisor, teller: Teller) -> list[Step]:
    """One loading step for each council; none without demonstration data."""
    if town.data == "none":
        return []

    def loading(council: str) -> Step:
        return Step(f"{council} data", lambda: _load(town, supervisor, teller, council), ("councils",))

    return [loading(council) for council in KNOWN]


async def _load(town: Town, supervisor: Supervisor, teller: Teller, council: str) -> None:
    if await _loaded(town, council):
        return
    file = DATA / council / FILE
    if town.data == "small":
        file = await asyncio.to_thread(_part, file, SMALL[council], town.folder / "small" / council)

    said: dict[str, Any] = {}

    def hear(line: str) -> None:
        said.update(_object(line))
        if "step" in said and "outcome" not in said:
            teller.rows(council, int(said["rows"]), int(said["total"]), str(said["step"]))

    try:
        await supervisor.run(loader(town, [file], council), hear)
    except Trouble as trouble:
        what = f"The addresses of {council} were not loaded: {said.get('message', trouble.what)}"
        raise Trouble(what, trouble.way_out) from trouble
    teller.note(f"{council}: {said['rows']:,} properties ({said.get('rows_per_second', 0):,} a second)")


def loader(town: Town, files: Sequence[Path], council: str, *flags: str) -> Process:
    """The process that loads files of addresses into a council's gazetteer."""
    argv = plan.chassis("run", "address", "load", *map(str, files), "--council", council, *flags)
    return Process(f"{council}-load", argv, plan.service_environment(town, "address"))


def postcode_loader(town: Town) -> Process:
    """The process that loads the postcodes of Great Britain, for all councils at once."""
    argv = plan.chassis("run", "address", "postcodes", str(DATA / POSTCODES))
    return Process("postcodes", argv, plan.service_environment(town, "address"))


def _object(line: str) -> dict[str, Any]:
    """A line of JSON that the loader wrote; nothing for any other line."""
    try:
        return dict(json.loads(line))
    except (ValueError, TypeError):
        return {}


async def _loaded(town: Town, council: str) -> bool:
    """Whether the council's gazetteer answers for a postcode that is in its file."""
    key = state.read(town.sandbox)["councils"][council]["api_key"]
    path = f"/{council}/address/search/places/v1/postcode"
    async with httpx.AsyncClient(base_url=town.gateway, timeout=10, trust_env=False) as http:
        answer = await http.get(path, params={"postcode": KNOWN[council]}, headers={"X-Api-Key": key})
    return answer.is_success and bool(answer.json().get("results"))


def _part(file: Path, postcodes: str, folder: Path) -> Path:
    """The rows of a data file whose postcode begins so, as a file of their own."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / FILE
    with gzip.open(file, "rt", newline="") as source, gzip.open(target, "wt", newline="") as part:
        reader = csv.DictReader(source)
        writer = csv.DictWriter(part, reader.fieldnames or [])
        writer.writeheader()
        writer.writerows(row for row in reader if row["postcode"].startswith(postcodes))
    return target
