"""Councils are data: made, renamed, suspended through the API, and live everywhere without a restart."""

import random
import string

import pytest

from tests.conftest import SERVICES
from tests.waiting import eventually


@pytest.fixture
def newcomer(operator):
    slug = "t" + "".join(random.choices(string.ascii_lowercase, k=10))
    gss = f"E{random.randrange(10**8):08d}"
    made = operator.post("/identity/v1/councils", json={"slug": slug, "name": "Newcomer", "gss": gss})
    assert made.status_code == 201, made.text
    return slug


def councils_seen(operator, slug):
    return {name: operator.get(f"/{slug}/{name}/v1/council") for name in SERVICES}


def test_a_new_council_answers_on_every_service_within_5_seconds(operator, newcomer):
    def everywhere():
        return all(answer.status_code == 200 for answer in councils_seen(operator, newcomer).values())

    eventually(everywhere, within=5)


def test_a_renamed_council_has_its_new_name_everywhere(operator, newcomer):
    one = operator.get(f"/identity/v1/councils/{newcomer}")
    renamed = operator.patch(
        f"/identity/v1/councils/{newcomer}", json={"name": "Newer"}, headers={"If-Match": one.headers["ETag"]}
    )
    assert (renamed.status_code, renamed.json()["slug"]) == (200, newcomer)

    def everywhere():
        seen = councils_seen(operator, newcomer).values()
        return all(answer.status_code == 200 and answer.json()["name"] == "Newer" for answer in seen)

    eventually(everywhere)


def test_a_suspended_council_is_refused_everywhere_and_comes_back(operator, newcomer):
    eventually(lambda: {a.status_code for a in councils_seen(operator, newcomer).values()} == {200})

    def set_status(status):
        one = operator.get(f"/identity/v1/councils/{newcomer}")
        done = operator.patch(
            f"/identity/v1/councils/{newcomer}",
            json={"status": status},
            headers={"If-Match": one.headers["ETag"]},
        )
        assert done.status_code == 200

    set_status("suspended")

    def refused():
        seen = councils_seen(operator, newcomer).values()
        return {(a.status_code, a.json().get("code")) for a in seen} == {(403, "council-suspended")}

    eventually(refused)
    set_status("active")
    eventually(lambda: {a.status_code for a in councils_seen(operator, newcomer).values()} == {200})


def test_councils_are_listed_by_pages(operator, newcomer):
    seen, after = [], None
    while True:
        page = operator.get(
            "/identity/v1/councils", params={"limit": 1, **({"after": after} if after else {})}
        ).json()
        seen += [council["slug"] for council in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert {"citytown", "hillshire", newcomer} <= set(seen)
    assert len(seen) == len(set(seen))


def test_only_the_operator_makes_councils(citytown):
    made = citytown.post("/identity/v1/councils", json={"slug": "mine", "name": "M", "gss": "E00000001"})
    assert (made.status_code, made.json()["code"]) == (403, "missing-scope")
