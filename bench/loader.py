"""The loaders of what councils are supplied with: AddressBase, its changes, Great Britain's postcodes."""

from pathlib import Path

from bench.figures import Figure
from bench.gazetteer import DATA, Gazetteer, run_command, settle
from services.address.tests import samples_addressbase as addressbase

_COUNCIL, _CUSTODIAN = "supplied", 119
_CHANGES = 10_000
_POSTCODES = DATA.parents[1] / "gb_postcodes.csv.xz"


async def measure(gazetteer: Gazetteer, folder: Path) -> list[Figure]:
    """Run each of the service's own commands, as an operator does; measure from its start to its commit."""
    rows = addressbase.read_csv(DATA)
    file = folder / "addressbase.csv"
    records = [*addressbase.streets(rows), *addressbase.properties(rows)]
    council_records = [(record, {**values, "custodian": _CUSTODIAN}) for record, values in records]
    file.write_text(addressbase.supply(council_records, custodian=_CUSTODIAN))
    full = run_command(gazetteer, "load", str(file), "--council", _COUNCIL)
    if (full["created"], full["rejected"]) != (len(rows), 0):
        raise RuntimeError(f"not all of the supply was loaded: {full}")
    await settle(gazetteer)
    moves: list[tuple[str, dict[str, object], str]] = [
        ("21", {**row, "parent_uprn": row["parentuprn"], "easting": f"{float(row['easting']) + 1:.2f}"}, "U")
        for row in rows[:_CHANGES]
    ]
    file.write_text(addressbase.changes(*moves))
    changes = run_command(gazetteer, "load", str(file), "--council", "citytown")
    if changes["changed"] != _CHANGES:
        raise RuntimeError(f"not all of the changes were made: {changes}")
    await settle(gazetteer)
    postcodes = run_command(gazetteer, "postcodes", str(_POSTCODES))
    await settle(gazetteer)
    return [
        Figure("AddressBase, full supply", len(rows) / full["seconds"], "addresses/s", least=20_000),
        Figure("AddressBase, CPU time of the loader itself", full["cpu"], "s"),
        Figure(f"AddressBase, {_CHANGES:,} changes on 112,339", changes["seconds"], "s", most=5),
        Figure("postcodes of Great Britain", postcodes["seconds"], "s", most=60),
    ]
