"""Councils are data: created, renamed and suspended by the API, and live everywhere without a restart."""

import random
import string
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import BASES
from tests.waiting import eventually


@pytest.fixture
def create_council(operator):
    """Make ``create_council()``: create a council and return its slug."""
    return lambda: _create_council(operator)


@pytest.fixture
def new_council(create_council):
    """Create a council and return its slug."""
    return create_council()


def _create_council(operator):
    slug = "t" + "".join(random.choices(string.ascii_lowercase, k=10))
    gss = f"E{random.randrange(10**8):08d}"
    created = operator.post("/identity/v1/councils", json={"slug": slug, "name": "Newcomer", "gss": gss})
    assert created.status_code == 201, created.text
    return slug


def read_everywhere(operator, slug):
    """Read the council from every service."""
    return [operator.get(f"/{slug}/{base}/v1/council") for base in BASES]


def test_a_new_council_answers_on_every_service_within_5_seconds(operator, new_council):
    def answers_everywhere():
        return all(response.status_code == 200 for response in read_everywhere(operator, new_council))

    eventually(answers_everywhere, within=5)


@pytest.mark.parametrize("directly", [False, True], ids=["through the gateway", "at the service"])
def test_a_council_just_made_is_never_unknown_in_its_first_second(
    platform, operator, create_council, directly
):
    """Calls wait until it has arrived, or are asked to try again."""
    origin = platform.url("address") if directly else platform.gateway
    for _ in range(3):
        url = f"{origin}/{create_council()}/address/v1/council"
        created = time.monotonic()

        def call(_, url=url, created=created):
            response = operator.get(url)
            return response.status_code, response.headers.get("retry-after"), time.monotonic() - created

        with ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(call, range(50)))
        early = {(status, retry_after) for status, retry_after, seconds in answers if seconds < 1}
        assert early <= {(200, None), (503, "1")}
        eventually(lambda url=url: operator.get(url).status_code == 200)


def test_a_renamed_council_has_its_new_name_everywhere(operator, new_council):
    url = f"/identity/v1/councils/{new_council}"
    etag = operator.get(url).headers["ETag"]
    renamed = operator.patch(url, json={"name": "Newer"}, headers={"If-Match": etag})
    assert (renamed.status_code, renamed.json()["slug"]) == (200, new_council)

    def is_renamed_everywhere():
        responses = read_everywhere(operator, new_council)
        return all(
            response.status_code == 200 and response.json()["name"] == "Newer" for response in responses
        )

    eventually(is_renamed_everywhere)


def test_a_suspended_council_is_refused_everywhere_until_it_is_active_again(operator, new_council):
    eventually(lambda: {response.status_code for response in read_everywhere(operator, new_council)} == {200})

    def set_status(status):
        url = f"/identity/v1/councils/{new_council}"
        etag = operator.get(url).headers["ETag"]
        changed = operator.patch(url, json={"status": status}, headers={"If-Match": etag})
        assert changed.status_code == 200

    set_status("suspended")

    def is_refused_everywhere():
        answers = [(a.status_code, a.json().get("code")) for a in read_everywhere(operator, new_council)]
        return set(answers) == {(403, "council-suspended")}

    eventually(is_refused_everywhere)
    set_status("active")
    eventually(lambda: {response.status_code for response in read_everywhere(operator, new_council)} == {200})


def test_councils_are_listed_by_pages(operator, new_council):
    slugs, after = [], None
    while True:
        page = operator.get(
            "/identity/v1/councils", params={"limit": 1, **({"after": after} if after else {})}
        ).json()
        slugs += [council["slug"] for council in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert {"citytown", "hillshire", new_council} <= set(slugs)
    assert len(slugs) == len(set(slugs))


def test_only_the_operator_creates_councils(citytown):
    response = citytown.post("/identity/v1/councils", json={"slug": "mine", "name": "M", "gss": "E00000001"})
    assert (response.status_code, response.json()["code"]) == (403, "missing-scope")
