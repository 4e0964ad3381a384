"""Mandates: asked for by a council, signed by a payer at the provider's page, ended by one of three."""

import pytest
from sqlalchemy import text

from chassis import ids
from chassis.testing import published
from services.payments.tests.conftest import ACCEPT_HTML
from services.payments.tests.direct_debit.debits import BASE, SCOPES
from services.payments.tests.direct_debit.rows import advise
from tests.rekeying import find_slugs, rekey

BODY = {"reference": "CT-1", "email": "ann@payer.example", "return_url": "https://council.example/done"}


async def test_a_payer_signs_at_the_providers_page_and_the_bank_makes_the_mandate_active(debits, database):
    mandate = await debits.create_mandate()
    assert (mandate["state"], mandate["signed_at"]) == ("pending", None)
    signed = await debits.sign(mandate)
    assert (signed["state"], signed["sign_up_url"]) == ("submitted", None)
    await debits.go_to("2027-04-08")
    assert (await debits.reload(mandate))["state"] == "active"
    types = [event.type for event in await published(database) if event.data.get("mandate") == mandate["id"]]
    assert types == ["payments.mandate.created.v1", "payments.mandate.activated.v1"]


@pytest.mark.parametrize(
    ("language", "title"), [("en", "Set up a Direct Debit"), ("cy", "Sefydlu Debyd Uniongyrchol")]
)
async def test_the_page_says_whose_name_the_statement_shows(debits, language, title):
    mandate = await debits.create_mandate()
    path = mandate["sign_up_url"].removeprefix("https://test.invalid")
    page = await debits.client.get(f"{path}?lang={language}", headers=ACCEPT_HTML)
    assert title in page.text
    assert "CITYTOWN COUNCIL" in page.text
    assert "ann@payer.example" not in page.text
    signed = await debits.client.get(f"{path}/signed?lang={language}", headers=ACCEPT_HTML)
    assert "CITYTOWN COUNCIL" in signed.text
    await debits.client.get(f"{path}/signed?lang=en", headers=ACCEPT_HTML)


async def test_a_page_of_a_mandate_that_is_over_or_of_another_council_is_not_there(debits):
    mandate = await debits.create_mandate()
    path = mandate["sign_up_url"].removeprefix("https://test.invalid")
    other = path.replace("/citytown/", "/hillshire/")
    assert (await debits.client.get(other, headers=ACCEPT_HTML)).status_code == 404
    await debits.send("POST", f"/mandates/{mandate['id']}/cancel", version=1)
    assert (await debits.client.get(path, headers=ACCEPT_HTML)).status_code == 404


async def test_a_bank_that_refuses_fails_the_mandate(debits, database):
    mandate = await debits.sign(await debits.create_mandate(), "no-account")
    await debits.go_to("2027-04-08")
    failed = await debits.reload(mandate)
    assert (failed["state"], failed["code"]) == ("failed", "AUDDIS-5")
    assert (await published(database))[-1].type == "payments.mandate.failed.v1"
    assert await debits.collect(failed, status=409)


async def test_a_council_cancels_at_the_provider_too(debits):
    mandate = await debits.make_active()
    collection = await debits.collect(mandate)
    await debits.send("POST", f"/mandates/{mandate['id']}/cancel", version=1, status=412)
    cancelled = await debits.send("POST", f"/mandates/{mandate['id']}/cancel", version=mandate["version"])
    assert cancelled["state"] == "cancelled"
    await debits.run_jobs()
    assert [item["status"] for item in await debits.list_at_provider("mandates")][-1] == "cancelled"
    assert (await debits.reload(collection))["state"] == "stopped"
    await debits.deliver()
    assert (await debits.reload(mandate))["version"] == cancelled["version"]


async def test_a_mandate_by_which_nothing_is_collected_for_13_months_is_dormant(debits, database):
    mandate = await debits.make_active()
    await debits.go_to("2028-05-08", notifies=False)
    assert (await debits.reload(mandate))["state"] == "active"
    await debits.go_to("2028-05-09", notifies=False)
    assert (await debits.reload(mandate))["state"] == "expired"
    assert (await published(database))[-1].type == "payments.mandate.expired.v1"


async def test_proof_is_kept_as_long_as_the_council_says_and_by_default_without_end(debits):
    mandate = await debits.create_mandate()
    cancelled = await debits.send("POST", f"/mandates/{mandate['id']}/cancel", version=1)
    assert cancelled["proof_retained_until"] is None
    version = (await debits.get("/service-user"))["version"]
    await debits.send("PATCH", "/service-user", {"proof_years": 7}, version=version)
    mandate = await debits.create_mandate()
    cancelled = await debits.send("POST", f"/mandates/{mandate['id']}/cancel", version=1)
    assert cancelled["proof_retained_until"] == "2034-04-06"
    await debits.send("PATCH", "/service-user", {"proof_years": None}, version=version + 1)


async def test_the_same_key_makes_one_mandate(debits):
    answers = [
        await debits.send("POST", "/mandates", BODY, **{"Idempotency-Key": "mandate-1"}) for _ in range(2)
    ]
    assert answers[0] == answers[1]
    other = {**BODY, "reference": "CT-2"}
    await debits.send("POST", "/mandates", other, status=422, **{"Idempotency-Key": "mandate-1"})


@pytest.mark.parametrize(
    "members",
    [
        {"email": "ann"},
        {"reference": "20-00-00 55779911"},
        {"reference": "GB33BUKB20201555555555"},
        {"metadata": {"account": "200000 55779911"}},
        {"reference": "4242 4242 4242 4242"},
        {"reference": "x" * 101},
        {"return_url": "javascript:alert(1)"},
        {"sort_code": "200000"},
    ],
)
async def test_bank_details_and_what_is_not_valid_are_refused(debits, members):
    await debits.send("POST", "/mandates", {**BODY, **members}, status=400)


async def test_another_mode_another_council_and_other_scopes_see_nothing(debits):
    mandate = await debits.create_mandate()
    path = f"/mandates/{mandate['id']}"
    live = debits.make_key(mode="live", extra=SCOPES)
    await debits.get(path, key=live, status=404)
    assert (await debits.get("/mandates", key=live))["items"] == []
    await debits.send("POST", "/mandates", BODY, key=live, status=409)  # not set up
    await debits.send("POST", f"{path}/cancel", key=live, version=1, status=404)
    hillshire = debits.make_key(council="hillshire", extra=SCOPES)
    await debits.get(path, key=hillshire, status=403)
    elsewhere = await debits.client.get(f"{BASE}{path}".replace("citytown", "hillshire"), headers=hillshire)
    assert elsewhere.status_code == 404
    await debits.get(path, key=debits.make_key(), status=403)
    reader = debits.make_key(extra=["payments:direct-debit-read"])
    assert (await debits.get(path, key=reader))["id"] == mandate["id"]
    await debits.send("POST", "/mandates", BODY, key=reader, status=403)
    await debits.send("PATCH", "/service-user", {"notice_days": 3}, key=reader, version=1, status=403)


async def test_a_live_service_user_keeps_its_token_to_itself(debits, database):
    live = debits.make_key(mode="live", extra=SCOPES)
    assert (await debits.get("/service-user", key=live))["version"] == 0
    body = {"statement_name": "CITYTOWN", "access_token": "live_secret_1", "webhook_secret": "hook_secret_1"}
    await debits.send("PATCH", "/service-user", body, key=live, version=3, status=412)
    user = await debits.send("PATCH", "/service-user", body, key=live, version=0)
    assert (user["has_access_token"], user["has_webhook_secret"], user["notice_days"]) == (True, True, 10)
    assert "secret_1" not in str(user)
    async with database.reading("citytown") as session:
        row = await session.first(text("SELECT * FROM service_user WHERE mode = 'live'"))
    assert b"secret_1" not in row.access_token + row.webhook_secret
    live_mandate = await debits.send("POST", "/mandates", BODY, key=live)
    assert live_mandate["mode"] == "live"
    await debits.get(f"/mandates/{live_mandate['id']}", status=404)  # by the sandbox key


async def test_a_payer_gives_new_details_on_the_same_page(debits, database, scene):
    await advise(database, scene, "AUDDIS-L", "failed")
    suspended = await debits.get(f"/mandates/{ids.show(scene.mandate)}")
    assert suspended["sign_up_url"].endswith(suspended["id"])
    signed = await debits.sign(suspended)
    assert (signed["state"], signed["hold"]) == ("submitted", None)
    await debits.go_to("2027-04-08")
    assert (await debits.reload(suspended))["state"] == "active"
    waiting = await debits.get(f"/collections/{ids.show(scene.waiting)}")
    assert waiting["state"] == "scheduled"


async def test_lists_go_page_by_page_with_a_constant_number_of_statements(debits):
    first = await debits.get("/mandates?limit=2")
    assert len(first["items"]) == 2
    rest = await debits.get(f"/mandates?limit=2&after={first['next']}")
    assert {item["id"] for item in rest["items"]}.isdisjoint({item["id"] for item in first["items"]})


async def test_a_merger_of_councils_leaves_mandates_that_go_on(debits, database):
    """The last test of this module: citytown's rows are another council's afterwards."""
    mandate = await debits.make_active()
    async with database.writing() as session:
        await session.execute(
            text("""INSERT INTO council SELECT 'mergeshire', 'Mergeshire', 'E06000066', region, status,
                settings, 1, updated_at FROM council WHERE slug = 'citytown'""")
        )
    await rekey(database, ["citytown"], "mergeshire")
    key = debits.make_key(council="mergeshire", extra=SCOPES)
    path = f"/mergeshire/payments/direct-debit/v1/mandates/{mandate['id']}"
    after = await debits.client.get(path, headers=key)
    assert after.json() == mandate
    async with database.reading() as session:
        slugs = await find_slugs(session, ["citytown"])
    assert {
        name for name in slugs if name.split(".")[0] in {"mandate", "collection", "service_user"}
    } == set()
