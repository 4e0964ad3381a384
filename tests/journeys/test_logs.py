"""After all the journeys: no log holds a secret, a query string or an address that was asked for.

Named to run last of the journeys; the canary makes it independent of them.
"""

CANARY = "canary street 4711"


def test_no_log_holds_a_key_a_secret_or_what_was_asked(platform, citytown, gateway):
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
    found = [(name, secret) for name, text in logs.items() for secret in secrets if secret in text]
    assert found == []


def test_the_access_log_tells_what_happened(platform, citytown):
    assert citytown.get("/citytown/address/v1/council").status_code == 200
    assert "/citytown/address/v1/council" in platform.logs()["envoy.log"]
