"""Passkeys, by an authenticator of software: what it must say right, and what each lie comes to."""

import base64
import hashlib
import html
import json
import re
import secrets

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from pyotp import TOTP
from webauthn.helpers import bytes_to_base64url, parse_cbor

ACCOUNT = "/identity/account"
ORIGIN = "http://test.invalid"
PRESENT, VERIFIED, ATTESTED = 1, 4, 64


class Passkey:
    """An authenticator with one passkey; each of its words can be made a lie."""

    def __init__(self, domain="test.invalid", origin=ORIGIN, flags=PRESENT | VERIFIED, *, counts=True):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(16)
        self.domain, self.origin, self.flags, self.counts = domain, origin, flags, counts
        self.count = 0
        self.user = b""

    def make(self, options):
        """The answer of ``navigator.credentials.create``."""
        self.user = from_base64(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        about = bytes(16) + len(self.id).to_bytes(2) + self.id + cbor2.dumps(public)
        data = self._data(ATTESTED) + about
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer({
            "clientDataJSON": self._client("webauthn.create", options),
            "attestationObject": attestation,
        })  # fmt: skip

    def sign(self, options, **lies):
        """The answer of ``navigator.credentials.get``."""
        self.count += self.counts
        data, client = self._data(), self._client("webauthn.get", options, **lies)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer({
            "clientDataJSON": client,
            "authenticatorData": data,
            "signature": signature,
            "userHandle": self.user,
        })  # fmt: skip

    def _data(self, more=0):
        domain = hashlib.sha256(self.domain.encode()).digest()
        return domain + bytes([self.flags | more]) + self.count.to_bytes(4)

    def _client(self, kind, options, **lies):
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(said | lies).encode()

    def _answer(self, response):
        name = bytes_to_base64url(self.id)
        response = {key: bytes_to_base64url(value) for key, value in response.items()}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})


def from_base64(text):

    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def options_of(tab, path):
    page = (await tab.get(path)).text
    return json.loads(html.unescape(re.search(r'data-options="([^"]*)"', page)[1]))


async def with_passkey(newcomer, address, key=None, name="My phone"):
    tab, key = await newcomer(address), key or Passkey()
    options = await options_of(tab, f"{ACCOUNT}/passkeys")
    answer = await tab.post(f"{ACCOUNT}/passkeys", credential=key.make(options), name=name)
    return tab, key, answer


async def sign_in(tab, key, **lies):
    options = await options_of(tab, "/identity/sign-in")
    return await tab.post("/identity/sign-in/passkey", credential=key.sign(options, **lies))


async def test_a_passkey_is_made_and_signs_in_alone(newcomer, browser, letters):
    mine, key, answer = await with_passkey(newcomer, "key@example.org")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ACCOUNT}/passkeys")
    assert "My phone" in (await mine.get(f"{ACCOUNT}/passkeys")).text
    assert "changed-passkey-added" in {one.template for one in await letters("key@example.org")}
    tab = browser()
    answer = await sign_in(tab, key)
    assert answer.headers["location"] == ACCOUNT
    assert "key@example.org" in (await tab.get(ACCOUNT)).text


async def test_a_passkey_is_enough_where_an_app_is_set_up(newcomer, browser):

    mine, key, _ = await with_passkey(newcomer, "enough@example.org")
    page = (await mine.get(f"{ACCOUNT}/authenticator")).text
    secret = re.search(r'townhall-key">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    assert (await mine.post(f"{ACCOUNT}/authenticator", code=TOTP(secret).now())).status_code == 200
    assert (await sign_in(browser(), key)).headers["location"] == ACCOUNT


async def test_the_browser_is_asked_for_a_discoverable_key_and_a_verified_person(newcomer, browser):
    tab = await newcomer("asked@example.org")
    making = await options_of(tab, f"{ACCOUNT}/passkeys")
    chosen = making["authenticatorSelection"]
    assert (chosen["residentKey"], chosen["userVerification"]) == ("required", "required")
    assert making["rp"]["id"] == "test.invalid"
    signing = await options_of(browser(), "/identity/sign-in")
    assert signing["userVerification"] == "required"
    assert signing.get("allowCredentials", []) == []


@pytest.mark.parametrize(
    "lie",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://test.invalid.evil.example"},
        {"type": "webauthn.create"},
        {"challenge": "AAAA"},
    ],
)
async def test_a_lie_to_the_browser_opens_nothing(newcomer, browser, lie):
    address = f"lie{abs(hash(str(lie)))}@example.org"
    _, key, _ = await with_passkey(newcomer, address)
    tab = browser()
    assert (await sign_in(tab, key, **lie)).status_code == 400
    assert tab.session is None


@pytest.mark.parametrize(
    "change",
    [{"domain": "evil.example"}, {"flags": PRESENT}, {"flags": VERIFIED}, {"user": b"somebody else's"}],
)
async def test_a_lie_of_the_authenticator_opens_nothing(newcomer, browser, change):
    _, key, _ = await with_passkey(newcomer, f"auth{abs(hash(str(change)))}@example.org")
    for name, value in change.items():
        setattr(key, name, value)
    tab = browser()
    assert (await sign_in(tab, key)).status_code == 400
    assert tab.session is None


@pytest.mark.parametrize(
    "wrong", [{"origin": "https://evil.example"}, {"domain": "evil.example"}, {"flags": PRESENT}]
)
async def test_a_passkey_made_with_a_lie_is_not_kept(newcomer, wrong):
    tab, _, answer = await with_passkey(
        newcomer, f"made{abs(hash(str(wrong)))}@example.org", Passkey(**wrong)
    )
    assert answer.status_code == 400
    assert "The passkey was not made" in answer.text
    assert "My phone" not in re.sub("So that you know.*", "", (await tab.get(f"{ACCOUNT}/passkeys")).text)


async def test_another_key_does_not_open_the_account(newcomer, browser):
    _, key, _ = await with_passkey(newcomer, "forged@example.org")
    key.key = ec.generate_private_key(ec.SECP256R1())
    tab = browser()
    assert (await sign_in(tab, key)).status_code == 400
    assert (await sign_in(tab, Passkey())).status_code == 400


async def test_an_answer_is_taken_once_and_in_the_browser_that_was_asked(newcomer, browser):
    _, key, _ = await with_passkey(newcomer, "replay@example.org", Passkey(counts=False))
    tab, thief = browser(), browser()
    answer = key.sign(await options_of(tab, "/identity/sign-in"))
    await options_of(thief, "/identity/sign-in")
    assert (await thief.post("/identity/sign-in/passkey", credential=answer)).status_code == 400
    assert (await tab.post("/identity/sign-in/passkey", credential=answer)).status_code == 303
    await tab.post("/identity/sign-out")
    assert (await tab.post("/identity/sign-in/passkey", credential=answer)).status_code == 400


async def test_a_copy_that_counts_behind_is_refused(newcomer, browser):
    _, key, _ = await with_passkey(newcomer, "copy@example.org")
    for _ in range(3):
        assert (await sign_in(browser(), key)).status_code == 303
    key.count = 1
    assert (await sign_in(browser(), key)).status_code == 400


async def test_one_that_never_counts_is_taken(newcomer, browser):
    _, key, _ = await with_passkey(newcomer, "synced@example.org", Passkey(counts=False))
    for _ in range(2):
        assert (await sign_in(browser(), key)).status_code == 303


async def test_several_are_named_renamed_and_removed(newcomer, browser):
    tab, first, _ = await with_passkey(newcomer, "several@example.org", name="First")
    second = Passkey()
    options = await options_of(tab, f"{ACCOUNT}/passkeys")
    assert [from_base64(one["id"]) for one in options["excludeCredentials"]] == [first.id]
    await tab.post(f"{ACCOUNT}/passkeys", credential=second.make(options), name="Second")
    page = (await tab.get(f"{ACCOUNT}/passkeys")).text
    paths = re.findall(r'action="(/identity/account/passkeys/\w+)/name"', page)
    await tab.post(f"{paths[0]}/name", name="Laptop")
    assert "Laptop" in (await tab.get(f"{ACCOUNT}/passkeys")).text
    await tab.post(f"{paths[0]}/remove")
    assert (await sign_in(browser(), first)).status_code == 400
    assert (await sign_in(browser(), second)).status_code == 303


async def test_nobody_touches_anothers_passkey(newcomer, browser):
    theirs, key, _ = await with_passkey(newcomer, "owner@example.org")
    page = (await theirs.get(f"{ACCOUNT}/passkeys")).text
    path = re.search(r'action="(/identity/account/passkeys/\w+)/name"', page)[1]
    mine = await newcomer("other@example.org")
    assert (await mine.post(f"{path}/name", name="Mine")).status_code == 404
    assert (await mine.post(f"{path}/remove")).status_code == 404
    assert (await sign_in(browser(), key)).status_code == 303


async def test_a_credential_belongs_to_one_account(newcomer):
    _, key, _ = await with_passkey(newcomer, "one@example.org")
    _, _, answer = await with_passkey(newcomer, "two@example.org", key)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "answer", ["", "{}", "[]", "null", '{"id": 1}', "x" * 12_001, '{"id":"a","rawId":"b"}', "[" * 900]
)
async def test_what_is_no_answer_is_a_page_with_a_way_on(newcomer, browser, answer):
    tab = browser()
    await options_of(tab, "/identity/sign-in")
    assert (await tab.post("/identity/sign-in/passkey", credential=answer)).status_code == 400
    mine = await newcomer(f"junk{abs(hash(answer))}@example.org")
    await options_of(mine, f"{ACCOUNT}/passkeys")
    assert (await mine.post(f"{ACCOUNT}/passkeys", credential=answer, name="x")).status_code == 400


async def test_a_locked_out_address_is_opened_by_its_passkey(newcomer, browser):
    _, key, _ = await with_passkey(newcomer, "locked@example.org")
    for _ in range(8):
        attack = await browser().post("/identity/sign-in", email="locked@example.org")
    assert attack.status_code == 429
    assert (await sign_in(browser(), key)).status_code == 303


async def test_who_reads_the_mail_alone_adds_no_factor_beside_a_passkey(newcomer, browser, signed_in_again):
    _, key, _ = await with_passkey(newcomer, "mail-thief@example.org")
    thief = await signed_in_again("mail-thief@example.org")
    for page in ("passkeys", "authenticator", "recovery-codes"):
        then = f"?then={page}"
        for answer in (await thief.get(f"{ACCOUNT}/{page}"), await thief.post(f"{ACCOUNT}/{page}", code="1")):
            assert (answer.status_code, answer.headers["location"]) == (303, f"{ACCOUNT}/second-step{then}")
        assert "Sign in with your passkey" in (await thief.get(f"{ACCOUNT}/second-step{then}")).text
    assert (await sign_in(thief, key)).headers["location"] == ACCOUNT
    assert (await thief.get(f"{ACCOUNT}/authenticator")).status_code == 200


def test_the_soft_authenticator_writes_what_the_library_reads():
    key = Passkey()
    made = json.loads(key.make({"challenge": "AAAA", "user": {"id": "AAAA"}}))
    assert parse_cbor(from_base64(made["response"]["attestationObject"]))["fmt"] == "none"
