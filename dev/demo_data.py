"""The demonstration councils' addresses, loaded once by the address service's own loader."""

import asyncio
import csv
import gzip
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from dev import closed_day, service_processes, state
from dev.errors import UserError
from dev.progress import Reporter
from dev.stack import Stack, service_environment
from dev.state import ROOT
from dev.steps import Step
from dev.supervisor import Process, Supervisor

DATA = ROOT / "dev" / "data"
FILE = "addresses.csv.gz"
POSTCODES = "gb_postcodes.csv.xz"
# A postcode in each council's file: if it is there, all of the file is. And how the postcodes begin that the
# small demonstration takes.
KNOWN_POSTCODES = {"citytown": "BA1 1LJ", "hillshire": "FK8 1TS"}
SMALL = {"citytown": "BA1 1", "hillshire": "FK8 1"}
CASES = {"citytown": 200, "hillshire": 140}  # generated, of a year
LOADER_FLAGS = ("--dry-run", "--again", "--yes")
CHOICES = ("full", "small", "none")


def steps(stack: Stack, supervisor: Supervisor, reporter: Reporter) -> list[Step]:
    """List a loading step for each council; none without demonstration data."""
    if stack.data == "none":
        return []

    def load_step(council: str) -> Step:
        return Step(f"{council} data", lambda: _load(stack, supervisor, reporter, council), ("councils",))

    def cases_step(council: str) -> Step:
        process = _year_of_cases(stack, council)
        return Step(f"{council} cases", lambda: supervisor.run(process), ("case types",))

    # Its tables are enough for it, but the processor is the services' until they are up.
    maps = Step("map layers", lambda: supervisor.run(_map_layers(stack)), ("councils",))
    types = Step("case types", lambda: supervisor.run(_case_types(stack)), ("councils",))
    close_days = Step(
        "funds and a closed day", lambda: closed_day.ensure(stack, supervisor), ("councils", "card processor")
    )
    return [*map(load_step, KNOWN_POSTCODES), maps, types, *map(cases_step, CASES), close_days]


def _map_layers(stack: Stack) -> Process:
    """Describe the process that publishes the map layers, national ones too. It may run again."""
    environment = {**service_environment(stack, "mapping"), "DEMO_MAPS": stack.data}
    return Process("map-layers", [sys.executable, "-m", "dev.demo_maps"], environment)


def _case_types(stack: Stack) -> Process:
    """Describe the process that publishes the case types of each council's nation. It may run again."""
    return service_processes.command(stack, "case-types", "casework", "install-case-types")


async def _load(stack: Stack, supervisor: Supervisor, reporter: Reporter, council: str) -> None:
    if await _is_loaded(stack, council):
        return
    file = DATA / council / FILE
    if stack.data == "small":
        file = await asyncio.to_thread(_write_part, file, SMALL[council], stack.folder / "small" / council)

    status: dict[str, Any] = {}

    def on_line(line: str) -> None:
        status.update(_parse_line(line))
        if "step" in status and "outcome" not in status:
            reporter.rows(council, int(status["rows"]), int(status["total"]), str(status["step"]))

    try:
        await supervisor.run(loader(stack, [file], council), on_line)
    except UserError as error:
        problem = f"The addresses of {council} were not loaded: {status.get('message', error.problem)}"
        raise UserError(problem, error.remedy) from error
    reporter.note(f"{council}: {status['rows']:,} properties ({status.get('rows_per_second', 0):,} a second)")


def loader(stack: Stack, files: Sequence[Path], council: str, *flags: str) -> Process:
    """Describe the process that loads files of addresses into a council's gazetteer."""
    arguments = ("load", *map(str, files), "--council", council, *flags)
    return service_processes.command(stack, f"{council}-load", "address", *arguments)


def postcode_loader(stack: Stack) -> Process:
    """Describe the process that loads the postcodes of Great Britain, for all councils at once."""
    return service_processes.command(stack, "postcodes", "address", "postcodes", str(DATA / POSTCODES))


def _parse_line(line: str) -> dict[str, Any]:
    """Parse a line of JSON that the loader wrote; empty for any other line."""
    try:
        return dict(json.loads(line))
    except (ValueError, TypeError):
        return {}


async def _is_loaded(stack: Stack, council: str) -> bool:
    """Check whether the council's gazetteer finds a postcode that is in its file."""
    key = state.read(stack.sandbox)["councils"][council]["api_key"]
    path = f"/{council}/address/search/places/v1/postcode"
    async with httpx.AsyncClient(base_url=stack.gateway, timeout=10, trust_env=False) as http:
        parameters = {"postcode": KNOWN_POSTCODES[council]}
        response = await http.get(path, params=parameters, headers={"X-Api-Key": key})
    return response.is_success and bool(response.json().get("results"))


def _write_part(file: Path, postcode_start: str, folder: Path) -> Path:
    """Write the rows of a data file whose postcodes begin so to a file of their own."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / FILE
    with gzip.open(file, "rt", newline="") as source, gzip.open(target, "wt", newline="") as part:
        reader = csv.DictReader(source)
        writer = csv.DictWriter(part, reader.fieldnames or [])
        writer.writeheader()
        writer.writerows(row for row in reader if row["postcode"].startswith(postcode_start))
    return target


def _year_of_cases(stack: Stack, council: str) -> Process:
    """Describe the process that writes a year of generated cases for a council. It may run again."""
    data = {
        "slug": council,
        "file": str(DATA / council / FILE),
        "postcodes": SMALL[council] if stack.data == "small" else "",
        "number": CASES[council],
    }
    environment = {**service_environment(stack, "casework"), "DEMO_COUNCIL": json.dumps(data)}
    return Process(f"{council}-cases", [sys.executable, "-m", "dev.demo_casework"], environment)
