"""docs/case-types.md lists every type that ships with its nations and clocks, and stays true.

Way out: python -m services.casework.tests.case_types.test_table writes it.
"""

from pathlib import Path

from casework.case_types.actions.library import list_codes, load

FILE = Path(__file__).parents[2] / "docs" / "case-types.md"
NATIONS = {"england": "E", "wales": "W", "scotland": "S", "northern_ireland": "NI"}
BASES = {
    "statute": "law",
    "statutory_code": "code",
    "ombudsman_code": "code",
    "guidance": "guidance",
    "local_standard": "local",
}
HEADER = """# Case types that ship

Written from `src/casework/case_types/library` by
`python -m services.casework.tests.case_types.test_table`; a test keeps it true.

- A clock has its length and its basis: `law`, `code`, `guidance`, or `local` for a promise of the council's.
- `~`: the council may set it. `a/b/c`: a field of the case chooses.
- `*`: somebody has read the passage in the primary text. Check the source of a clock without it.
- E England, W Wales, S Scotland, NI Northern Ireland: a council elsewhere is refused, and told of a sibling.

| case type | nations | clocks |
|---|---|---|
"""


def render():
    return HEADER + "".join(f"{render_row(load(code))}\n" for code in list_codes())


def render_row(case_type):
    nations = " ".join(letters for nation, letters in NATIONS.items() if nation in case_type.nations)
    clocks = "; ".join(render_clock(case_type, clock) for clock in case_type.clocks.values())
    return f"| `{case_type.code}` | {nations} | {clocks or '-'} |"


def render_clock(case_type, clock):
    unit = clock.law.unit.replace("_", " ")
    back = " back" if clock.law.direction == "backward" else ""
    basis = BASES[clock.law.basis] + ("*" if clock.law.verified else "")
    return f"{clock.name.en.lower()}: {render_length(case_type, clock.law.length)} {unit}{back}, {basis}"


def render_length(case_type, length):
    if length.by_field:
        rows = [render_length(case_type, row) for row in length.table.values()]
        return "/".join(dict.fromkeys(rows))
    return f"{case_type.parameters[length.parameter].default}~" if length.parameter else str(length.number)


def test_the_table_is_that_of_the_library():
    assert FILE.read_text(encoding="utf-8") == render()


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
