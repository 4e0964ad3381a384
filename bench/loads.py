"""Loading what councils are supplied with: AddressBase, change-only files, Great Britain's postcodes."""

from pathlib import Path

from bench.report import Figure
from bench.town import DATA, Town, run, settle
from services.address.tests import samples_addressbase as files

_COUNCIL, _CUSTODIAN = "supplied", 119
_CHANGED = 10_000
_POSTCODES = DATA.parents[1] / "gb_postcodes.csv.xz"


async def measure(town: Town, folder: Path) -> list[Figure]:
    """Each by the service's own command, as an operator runs it; seconds from its start to its commit."""
    rows = files.read_csv(DATA)
    supply = folder / "addressbase.csv"
    records = [*files.streets(rows), *files.properties(rows)]
    own = [(record, {**values, "custodian": _CUSTODIAN}) for record, values in records]
    supply.write_text(files.supply(own, custodian=_CUSTODIAN))
    full = run(town, "load", str(supply), "--council", _COUNCIL)
    if (full["created"], full["rejected"]) != (len(rows), 0):
        raise RuntimeError(f"not all of the supply was loaded: {full}")
    await settle(town)
    moved: list[tuple[str, dict[str, object], str]] = [
        ("21", {**row, "parent_uprn": row["parentuprn"], "easting": f"{float(row['easting']) + 1:.2f}"}, "U")
        for row in rows[:_CHANGED]
    ]
    supply.write_text(files.changes(*moved))
    changes = run(town, "load", str(supply), "--council", "citytown")
    if changes["changed"] != _CHANGED:
        raise RuntimeError(f"not all of the changes were made: {changes}")
    await settle(town)
    postcodes = run(town, "postcodes", str(_POSTCODES))
    await settle(town)
    return [
        Figure("AddressBase, full supply", len(rows) / full["seconds"], "addresses/s", goal=20_000),
        Figure("AddressBase, CPU time of the loader itself", full["cpu"], "s"),
        Figure(f"AddressBase, {_CHANGED:,} changes on 112,339", changes["seconds"], "s", most=5),
        Figure("postcodes of Great Britain", postcodes["seconds"], "s", most=60),
    ]
