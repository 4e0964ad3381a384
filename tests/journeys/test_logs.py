"""Logs hold no secret, no query string and no address of a search.

The canary is sent here, so the test does not depend on other journeys.
"""

CANARY = "canary street 4711"


def test_no_log_holds_a_key_a_secret_or_a_searched_address(platform, citytown, gateway):
    client = platform.sandbox["councils"]["citytown"]
    citytown.get("/citytown/address/v1/addresses", params={"q": CANARY})
    gateway.get("/citytown/address/v1/addresses", params={"q": CANARY, "key": platform.key()})
    gateway.get("/citytown/address/v1/addresses", params={"q": CANARY, "key": "wrong.wrong.wrong"})
    citytown.get("/citytown/address/search/places/v1/find", params={"query": CANARY})
    citytown.post("/citytown/address/v1/match", json={"address": CANARY})
    batch = f"id,address,postcode\n1,{CANARY},\n"
    csv = {"Content-Type": "text/csv"}
    citytown.post("/citytown/address/v1/match/batches", content=batch, headers=csv)
    form = {"grant_type": "client_credentials", "client_secret": "wrong-secret-canary", "client_id": "x"}
    gateway.post("/identity/token", data=form)
    gateway.get("/citytown/address/v1/addresses/0", params={"key": platform.key()})
    secrets = [
        CANARY,
        CANARY.replace(" ", "+"),
        CANARY.replace(" ", "%20"),
        "wrong-secret-canary",
        "wrong.wrong.wrong",
        platform.key(),
        platform.key().rpartition(".")[2],
        client["client_secret"],
        platform.sandbox["operator"]["client_secret"],
        "key=",
    ]
    logs = platform.logs()
    assert {"envoy.log", "address.log", "identity.log"} <= set(logs)
    leaks = [(name, secret) for name, text in logs.items() for secret in secrets if secret in text]
    assert leaks == []


def test_the_access_log_has_the_path_of_a_request(platform, citytown):
    assert citytown.get("/citytown/address/v1/council").status_code == 200
    assert "/citytown/address/v1/council" in platform.logs()["envoy.log"]
