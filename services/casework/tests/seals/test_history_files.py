"""An auditor checks histories by a file and a key alone."""

import copy

from casework.seals.actions.history_files import check_lines, read_histories


async def read(database):
    return [line async for line in read_histories(database, "citytown")]


async def test_a_file_verifies_with_the_key_alone_also_after_a_disposal(
    desk, records, signer, close_permit, now, seal, run, database
):
    await close_permit("Ann Audit")
    now(1)
    await seal()
    now(400)
    await signer.dispose(await records.build(run), run)
    case = await close_permit("Bea Audit")
    now(401)
    await seal()
    key = (await desk.get("seals/key")).json()["key"]
    lines = await read(database)
    check = check_lines(lines, key)
    assert (check.faults, check.seals >= 2, check.cases >= 2) == ([], True, True)
    assert "Audit" not in str(lines)

    other = {**key, "x": key["x"][::-1]}
    assert "not as it was signed" in " ".join(check_lines(lines, other).faults)
    assert "nothing of it is left" in " ".join(
        check_lines([line for line in lines if line.get("case") != case["id"]], key).faults
    )
    changed = copy.deepcopy(lines)
    [history] = [line for line in changed if line.get("case") == case["id"]]
    history["entries"][0]["content"]["act"] = "nothing"
    assert "entry 1 is not as it was written" in " ".join(check_lines(changed, key).faults)
    del changed[0]
    assert check_lines(changed, key).faults
    assert "line 1 is no seal" in " ".join(check_lines([{"what": 1}], key).faults)
