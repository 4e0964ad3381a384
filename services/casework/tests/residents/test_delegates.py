"""Who acts for another reaches their cases of the mandate's theme, is named too, and stops at once."""

from datetime import UTC, datetime, timedelta

import pytest

from chassis import revocations


async def open_case(resident, fields, **members):
    response = await resident.open(fields=fields, **members)
    assert response.status_code == 201, response.text
    return response.json()


async def test_a_delegate_acts_in_their_theme_and_the_history_names_both(
    sign_in, act_for, office, bin_fields, name
):
    ben, rosa = act_for(name), sign_in(name)
    case = await open_case(ben, bin_fields)
    assert [item["by"] for item in case["timeline"]] == ["delegate"]
    await ben.change("POST", case, "messages", text="I ring for her")
    after = await rosa.read(case)
    assert after["messages"][0]["by"] == "delegate"
    staff = (await office.get(f"cases/by-reference/{case['reference']}")).json()
    assert staff["person"] == name
    history = (await office.get(f"cases/{staff['id']}/history")).json()["items"]
    actor = {"sub": name, "act": "ben", "mandate": "lasting"}
    assert [entry["actor"] for entry in history] == [actor, actor]
    assert (await ben.get(case["reference"])).status_code == 200


async def test_a_delegate_of_another_theme_reaches_nothing(sign_in, act_for, bin_fields, name):
    case = await open_case(sign_in(name), bin_fields)
    other = act_for(name, theme="housing")
    assert (await other.get()).json()["items"] == []
    for answer in (
        await other.get(case["reference"]),
        await other.change("POST", case, "messages", text="Hello"),
        await other.act(case, "send_crew"),
    ):
        assert answer.status_code == 404
    response = await other.open(fields=bin_fields)
    assert (response.status_code, response.json()["code"]) == (403, "wrong-theme")
    assert response.json()["theme"] == "waste"


async def test_a_type_without_a_theme_is_for_the_person_alone(sign_in, act_for, name):
    fields = {"requester": "Rosa", "address": "1 High Street", "request": "All of it"}
    case = await open_case(sign_in(name), fields, case_type="freedom-of-information")
    assert (await act_for(name).get(case["reference"])).status_code == 404
    response = await act_for(name).open("freedom-of-information", fields=fields)
    assert (response.status_code, response.json()["code"]) == (403, "not-for-delegates")
    assert (await act_for(name).get()).json()["items"] == []


async def test_the_delegates_own_cases_are_not_mixed_with_those_of_the_person(
    sign_in, act_for, bin_fields, name
):
    case = await open_case(sign_in("ben"), bin_fields)
    assert (await act_for(name).get(case["reference"])).status_code == 404


@pytest.mark.parametrize("ended", ["the mandate", "the person", "the delegate"])
async def test_who_is_refused_reaches_nothing_from_then_on(app, sign_in, act_for, bin_fields, name, ended):
    case = await open_case(sign_in(name), bin_fields)
    ben = act_for(name, mandate=f"m-{name}", actor=f"ben-{name}")
    assert (await ben.get(case["reference"])).status_code == 200
    revoked = {"the mandate": f"m-{name}", "the person": name, "the delegate": f"ben-{name}"}[ended]
    async with app.state.database.writing() as session:
        end = datetime.now(UTC) + timedelta(minutes=11)
        await revocations.revoke(session, "citytown", revoked, end)
    await app.state.table_copies.refresh()
    for answer in (
        await ben.get(case["reference"]),
        await ben.change("POST", case, "messages", text="Hello"),
        await ben.get(),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "revoked-credential")


async def test_a_mandate_that_expired_is_refused(sign_in, act_for, mint_delegate, bin_fields, name):
    case = await open_case(sign_in(name), bin_fields)
    expired = act_for(name)
    token = mint_delegate(name, scopes=["casework:own"], councils=["citytown"], exp=1_700_000_000)
    expired.headers = {"Authorization": f"Bearer {token}"}
    assert (await expired.get(case["reference"])).status_code == 401


async def test_half_a_mandate_gets_in_nowhere(sign_in, bin_fields, name):
    case = await open_case(sign_in(name), bin_fields)
    for claims in ({"mandate": "m"}, {"act": {"sub": "ben"}}, {"act": {"sub": "ben"}, "theme": "waste"}):
        half = sign_in(name, **claims)
        assert (await half.get(case["reference"])).status_code == 403
        assert (await half.get()).status_code == 403
