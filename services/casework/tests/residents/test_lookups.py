"""Guests: a reference and something only they know; whatever is wrong, there is one answer."""

import itertools
import json

import pytest

from casework.residents.rules import proofs

PATH = "/citytown/casework/v1/case-lookups"
PROOFS = ["ann@example.org ", "07700 900 123", "+44 7700 900123", "CT12AB", "ct1 2ab"]
_NETWORKS = itertools.count(1)


@pytest.fixture
def look_up(client):
    """Look a case up from a network of its own, or from one that is named."""

    async def look_up(reference, proof, *, council="citytown", language="en", network=None):
        number = next(_NETWORKS)
        headers = {"Accept-Language": language}
        client._transport.client = (network or f"10.1.{number // 250}.{number % 250 + 1}", 1)
        path = PATH.replace("citytown", council)
        return await client.post(path, json={"reference": reference, "proof": proof}, headers=headers)

    return look_up


@pytest.fixture
async def case(desk):
    fields = {"requester": "Ann", "address": "1 High Street, Citytown ct1 2ab", "request": "All"}
    contact = {"email": "Ann@Example.org", "phone": "+447700900123"}
    response = await desk.client.post(
        f"{desk.base}/cases",
        json={"case_type": "freedom-of-information", "fields": fields, "contact": contact},
        headers=desk.headers,
    )
    assert response.status_code == 201, response.text
    return response.json()


@pytest.mark.parametrize(
    "proof", ["ann@example.org ", "07700 900 123", "+44 7700 900123", "CT12AB", "ct1 2ab"]
)
async def test_a_guest_reads_the_status_by_what_they_gave(case, look_up, proof):
    response = await look_up(case["reference"].lower().replace("-", " "), proof)
    assert response.status_code == 200, response.text
    status = response.json()
    assert sorted(status) == ["language", "move", "name", "next_step", "reference", "status"]
    assert (status["reference"], status["move"]) == (case["reference"], "council")
    assert response.headers["Cache-Control"] == "no-store"
    assert "Ann" not in response.text


async def test_a_guest_who_reads_welsh_is_answered_in_welsh(case, look_up):
    status = (await look_up(case["reference"], "ann@example.org", language="cy")).json()
    assert (status["language"], status["name"]) == ("cy", "Cais am wybodaeth")


async def test_a_corrected_contact_proves_and_the_old_one_no_more(desk, case, look_up):
    await desk.change("PUT", f"cases/{case['id']}/contact", case, email="new@example.org")
    assert (await look_up(case["reference"], "new@example.org")).status_code == 200
    assert (await look_up(case["reference"], "ann@example.org")).status_code == 404


async def test_whatever_is_wrong_the_answer_is_the_same(case, look_up):
    other = "1111-1111-111" if case["reference"][0] != "1" else "2222-2222-222"
    answers = [
        await look_up(case["reference"], "eve@example.org"),
        await look_up(case["reference"], "\u00e9\u0141"),
        await look_up("HF7K-2P9Q-XBC", "ann@example.org"),  # may be a reference, and is none
        await look_up(other, "ann@example.org"),  # cannot be a reference
        await look_up("x", "ann@example.org"),
        await look_up(case["reference"], "ann@example.org", council="hillshire"),
    ]
    bodies = {answer.text.replace(answer.json().get("instance", "-"), "") for answer in answers}
    assert {answer.status_code for answer in answers} == {404}
    assert len(bodies) == 1
    assert [sorted(answer.headers) for answer in answers] == [sorted(answers[0].headers)] * len(answers)


async def test_wrong_references_and_wrong_proofs_cost_the_same_statements(case, look_up, statements):
    costs = []
    for reference in (case["reference"], "HF7K-2P9Q-XBC"):
        statements.clear()
        await look_up(reference, "eve@example.org")
        costs.append(sorted(statements))
    assert costs[0] == costs[1]
    assert len(costs[0]) > 1


async def test_a_case_is_not_guessed_from_many_networks(case, look_up):
    answers = [await look_up(case["reference"], f"{number}@example.org") for number in range(12)]
    assert [answer.status_code for answer in answers] == [404] * 10 + [429] * 2
    assert "Retry-After" in answers[-1].headers
    assert (await look_up(case["reference"], "ann@example.org")).status_code == 429


async def test_a_network_does_not_guess_many_references(look_up):
    answers = [
        await look_up(f"reference-{number}", "a@example.org", network="10.9.9.9") for number in range(31)
    ]
    assert [answer.status_code for answer in answers] == [404] * 30 + [429]


async def test_a_case_that_one_role_alone_may_know_of_is_not_there(desk, open_desk, permits, look_up):
    holder = f"{desk.base}/role-holders/guardian-9"
    await desk.client.put(holder, json={"roles": ["guardian", "officer"]}, headers=desk.headers)
    case = (await desk.apply(name="eve@example.org")).json()
    guardian = open_desk(sub="guardian-9", client_id="office")
    assert (await guardian.act(case, "worry")).status_code == 200
    [link] = (await guardian.get(f"cases/{case['id']}")).json()["links"]
    assert (await look_up(link["reference"], "eve@example.org")).status_code == 404


def test_every_proof_is_compared_and_none_is_empty():
    assert proofs.list_proofs(None, None, None) == []
    assert not proofs.is_proven("", [])
    assert not proofs.is_proven("\0", [])
    assert proofs.is_proven("0044 7700 900123", ["+447700900123"])
    assert not proofs.is_proven("High Street", proofs.list_proofs(None, None, proofs.DECOY))
    many = json.dumps({"address": [None, " ".join(f"AB{number} 2CD" for number in range(99))]})
    assert len(proofs.list_proofs("a@b.c", None, many)) == 8
