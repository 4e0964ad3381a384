"""Passwords: optional, long, argon2id at OWASP's settings, with limits on wrong ones."""

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from chassis import ids
from chassis.testing import published
from identity.settings import OWASP_MEMORY_KIB

PASSWORD = "kettle orange window"
ACCOUNT = "/identity/account"


async def register_with_password(newcomer, address, password=PASSWORD):
    tab = await newcomer(address)
    response = await tab.post(f"{ACCOUNT}/password", password=password)
    assert (response.status_code, response.headers["location"]) == (303, ACCOUNT), response.text
    return tab


async def get_hash(database, account):
    async with database.reading() as session:
        return await session.scalar(
            text("SELECT hash FROM account_password WHERE account = :who"), {"who": account}
        )


@pytest.fixture(scope="module")
def settings(settings):
    """Here alone passwords cost in tests what they cost people."""
    return settings.model_copy(update={"password_memory_kib": OWASP_MEMORY_KIB})


async def test_a_person_sets_a_password_and_signs_in_with_it(
    newcomer, browser, account_of, database, sent_emails
):
    await register_with_password(newcomer, "pass@example.org")
    tab = browser()
    response = await tab.post("/identity/sign-in/password", email="Pass@example.org", password=PASSWORD)
    assert (response.status_code, response.headers["location"]) == (303, ACCOUNT)
    assert (await tab.get(ACCOUNT)).status_code == 200
    account = ids.show(await account_of("pass@example.org"))
    events = [event for event in await published(database) if event.subject == account]
    assert (events[-1].type, events[-1].data["changed"], events[-1].sequence) == (
        "identity.account.changed.v1",
        ["password"],
        2,
    )
    assert "changed-password-set" in {email.template for email in await sent_emails("pass@example.org")}


async def test_passwords_are_hashed_by_argon2id_at_owasps_settings(newcomer, account_of, database):
    await register_with_password(newcomer, "hash@example.org")
    password_hash = await get_hash(database, await account_of("hash@example.org"))
    assert password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PASSWORD not in password_hash


@pytest.mark.parametrize("password", ["", "kettle orange", PASSWORD + " ", PASSWORD.upper(), "x" * 5_000])
async def test_a_wrong_password_signs_nobody_in(newcomer, browser, password):
    address = f"wrong{len(password)}{password[:1]}@example.org".lower()
    await register_with_password(newcomer, address)
    tab = browser()
    response = await tab.post("/identity/sign-in/password", email=address, password=password)
    assert response.status_code == 400
    assert tab.session is None
    assert password == "" or password not in response.text


async def test_an_account_without_a_password_takes_none(newcomer, browser):
    await newcomer("none@example.org")
    tab = browser()
    response = await tab.post("/identity/sign-in/password", email="none@example.org", password=PASSWORD)
    assert response.status_code == 400
    assert "The email address or password is not right" in response.text


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("short words", "12 characters or more"),
        ("passwordpassword", "too easy to guess"),
        ("qwertyuiop12", "too easy to guess"),
        ("aaaaaaaaaaaaaaaa", "too easy to guess"),
        ("liverpool1982", "too easy to guess"),
        ("", "too easy to guess"),  # the address itself
        ("long words " * 12, "128 characters or fewer"),
    ],
)
async def test_weak_passwords_are_refused_with_advice(newcomer, password, message, account_of, database):
    address = f"weak.person{len(password)}{password[:1]}@example.org"
    tab = await newcomer(address)
    response = await tab.post(f"{ACCOUNT}/password", password=password or address)
    assert response.status_code == 400
    assert message in response.text
    assert await get_hash(database, await account_of(address)) is None


@pytest.mark.parametrize(
    "password",
    ["maen nhw'n canu eto", "ŵyr yr hen ŷd gwyrdd", "🐑🐑 heather and rain", "lowercase letters only"],
)
async def test_no_kind_of_character_is_required_or_forbidden(newcomer, browser, password):
    address = f"free{abs(hash(password))}@example.org"
    await register_with_password(newcomer, address, password)
    response = await browser().post("/identity/sign-in/password", email=address, password=password)
    assert response.status_code == 303


async def test_another_unicode_form_of_the_same_password_is_accepted(newcomer, browser):
    await register_with_password(newcomer, "nfc@example.org", "caf\u00e9 orange window")
    response = await browser().post(
        "/identity/sign-in/password", email="nfc@example.org", password="cafe\u0301 orange window"
    )
    assert response.status_code == 303


async def test_one_hash_is_computed_whether_or_not_the_address_has_an_account(
    newcomer, browser, app, monkeypatch
):
    await register_with_password(newcomer, "has@example.org")
    await newcomer("hasnot@example.org")
    hashes = []
    hasher = app.state.auth.passwords._hasher
    verify = type(hasher).verify

    def counting(self, encoded, password):
        hashes.append(encoded.split("$")[3])
        return verify(self, encoded, password)

    monkeypatch.setattr(type(hasher), "verify", counting)
    for address in ("has@example.org", "hasnot@example.org", "nobody@example.org"):
        response = await browser().post(
            "/identity/sign-in/password", email=address, password="wrong words here"
        )
        assert response.status_code == 400
    assert hashes == ["m=19456,t=2,p=1"] * 3


async def test_a_change_of_password_ends_other_sessions(newcomer, signed_in_again):
    current = await newcomer("elsewhere@example.org")
    elsewhere = await signed_in_again("elsewhere@example.org")
    await current.post(f"{ACCOUNT}/password", password=PASSWORD)
    assert (await elsewhere.get(ACCOUNT)).status_code == 303
    assert (await current.get(ACCOUNT)).status_code == 200


async def test_a_removed_password_signs_nobody_in(newcomer, browser):
    tab = await register_with_password(newcomer, "gone@example.org")
    await tab.post(f"{ACCOUNT}/password/remove")
    response = await browser().post("/identity/sign-in/password", email="gone@example.org", password=PASSWORD)
    assert response.status_code == 400


async def test_wrong_passwords_are_limited_but_not_in_a_browser_the_account_knows(newcomer, browser):
    mine = await register_with_password(newcomer, "guess@example.org")
    await mine.post("/identity/sign-out")
    responses = [
        await browser().post(
            "/identity/sign-in/password", email="guess@example.org", password=f"guess number {n}"
        )
        for n in range(11)
    ]
    assert [response.status_code for response in responses] == [400] * 10 + [429]
    right = await browser().post("/identity/sign-in/password", email="guess@example.org", password=PASSWORD)
    assert right.status_code == 429
    assert (
        await mine.post("/identity/sign-in/password", email="guess@example.org", password=PASSWORD)
    ).status_code == 303


async def test_factors_are_changed_only_soon_after_signing_in(newcomer, account_of, database):
    tab = await newcomer("stale@example.org")
    account = await account_of("stale@example.org")
    async with database.writing() as session:
        await session.execute(
            text("UPDATE browser_session SET own_at = now() - interval '11 minutes' WHERE account = :who"),
            {"who": account},
        )
    for page in ("password", "passkeys", "authenticator", "recovery-codes", "email", "close"):
        response = await tab.get(f"{ACCOUNT}/{page}")
        assert (response.status_code, response.headers["location"]) == (303, f"/identity/sign-in?then={page}")
    response = await tab.post(f"{ACCOUNT}/password", password=PASSWORD)
    assert response.headers["location"] == "/identity/sign-in?then=password"
    assert await get_hash(database, account) is None


async def test_more_passwords_than_the_queue_holds_are_refused(newcomer, app, monkeypatch, browser):
    monkeypatch.setattr(app.state.auth.passwords, "_room", type("Full", (), {"locked": lambda self: True})())
    response = await browser().post("/identity/sign-in/password", email="busy@example.org", password=PASSWORD)
    assert (response.status_code, response.headers["retry-after"]) == (503, "2")


def test_cheap_hashes_are_refused_where_there_is_https(settings):
    values = settings.model_dump() | {"issuer": "https://town.example/identity/", "outbound_private": False}
    with pytest.raises(ValidationError, match="password_memory_kib must be at least 19456"):
        type(settings)(**values | {"password_memory_kib": OWASP_MEMORY_KIB - 1})
