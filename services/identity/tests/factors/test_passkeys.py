"""Passkeys, by a software authenticator: what it must get right, and that every forgery is refused."""

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
    """A software authenticator with one passkey; each value it sends can be forged."""

    def __init__(self, domain="test.invalid", origin=ORIGIN, flags=PRESENT | VERIFIED, *, counts=True):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(16)
        self.domain, self.origin, self.flags, self.counts = domain, origin, flags, counts
        self.count = 0
        self.user = b""

    def make(self, options):
        """Make the response of ``navigator.credentials.create``."""
        self.user = from_base64(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        credential_data = bytes(16) + len(self.id).to_bytes(2) + self.id + cbor2.dumps(public)
        data = self._data(ATTESTED) + credential_data
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._respond({
            "clientDataJSON": self._client("webauthn.create", options),
            "attestationObject": attestation,
        })  # fmt: skip

    def sign(self, options, **forged):
        """Make the response of ``navigator.credentials.get``."""
        self.count += self.counts
        data, client = self._data(), self._client("webauthn.get", options, **forged)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._respond({
            "clientDataJSON": client,
            "authenticatorData": data,
            "signature": signature,
            "userHandle": self.user,
        })  # fmt: skip

    def _data(self, more=0):
        domain = hashlib.sha256(self.domain.encode()).digest()
        return domain + bytes([self.flags | more]) + self.count.to_bytes(4)

    def _client(self, kind, options, **forged):
        client_data = {
            "type": kind,
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": False,
        }
        return json.dumps(client_data | forged).encode()

    def _respond(self, response):
        credential_id = bytes_to_base64url(self.id)
        response = {key: bytes_to_base64url(value) for key, value in response.items()}
        return json.dumps(
            {"id": credential_id, "rawId": credential_id, "type": "public-key", "response": response}
        )


def from_base64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def get_options(tab, path):
    page = (await tab.get(path)).text
    return json.loads(html.unescape(re.search(r'data-options="([^"]*)"', page)[1]))


async def register_with_passkey(newcomer, address, key=None, name="My phone"):
    tab, key = await newcomer(address), key or Passkey()
    options = await get_options(tab, f"{ACCOUNT}/passkeys")
    response = await tab.post(f"{ACCOUNT}/passkeys", credential=key.make(options), name=name)
    return tab, key, response


async def sign_in(tab, key, **forged):
    options = await get_options(tab, "/identity/sign-in")
    return await tab.post("/identity/sign-in/passkey", credential=key.sign(options, **forged))


async def test_a_passkey_is_registered_and_signs_in_alone(newcomer, browser, sent_emails):
    mine, key, response = await register_with_passkey(newcomer, "key@example.org")
    assert (response.status_code, response.headers["location"]) == (303, f"{ACCOUNT}/passkeys")
    assert "My phone" in (await mine.get(f"{ACCOUNT}/passkeys")).text
    assert "changed-passkey-added" in {email.template for email in await sent_emails("key@example.org")}
    tab = browser()
    response = await sign_in(tab, key)
    assert response.headers["location"] == ACCOUNT
    assert "key@example.org" in (await tab.get(ACCOUNT)).text


async def test_a_passkey_is_enough_where_an_app_is_set_up(newcomer, browser):
    mine, key, _ = await register_with_passkey(newcomer, "enough@example.org")
    page = (await mine.get(f"{ACCOUNT}/authenticator")).text
    secret = re.search(r'townhall-key">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    assert (await mine.post(f"{ACCOUNT}/authenticator", code=TOTP(secret).now())).status_code == 200
    assert (await sign_in(browser(), key)).headers["location"] == ACCOUNT


async def test_options_require_a_discoverable_key_and_a_verified_person(newcomer, browser):
    tab = await newcomer("asked@example.org")
    registration = await get_options(tab, f"{ACCOUNT}/passkeys")
    selection = registration["authenticatorSelection"]
    assert (selection["residentKey"], selection["userVerification"]) == ("required", "required")
    assert registration["rp"]["id"] == "test.invalid"
    authentication = await get_options(browser(), "/identity/sign-in")
    assert authentication["userVerification"] == "required"
    assert authentication.get("allowCredentials", []) == []


@pytest.mark.parametrize(
    "forged",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://test.invalid.evil.example"},
        {"type": "webauthn.create"},
        {"challenge": "AAAA"},
    ],
)
async def test_forged_client_data_is_refused(newcomer, browser, forged):
    address = f"lie{abs(hash(str(forged)))}@example.org"
    _, key, _ = await register_with_passkey(newcomer, address)
    tab = browser()
    assert (await sign_in(tab, key, **forged)).status_code == 400
    assert tab.session is None


@pytest.mark.parametrize(
    "forged",
    [{"domain": "evil.example"}, {"flags": PRESENT}, {"flags": VERIFIED}, {"user": b"somebody else's"}],
)
async def test_forged_authenticator_data_is_refused(newcomer, browser, forged):
    _, key, _ = await register_with_passkey(newcomer, f"auth{abs(hash(str(forged)))}@example.org")
    for name, value in forged.items():
        setattr(key, name, value)
    tab = browser()
    assert (await sign_in(tab, key)).status_code == 400
    assert tab.session is None


@pytest.mark.parametrize(
    "forged", [{"origin": "https://evil.example"}, {"domain": "evil.example"}, {"flags": PRESENT}]
)
async def test_a_forged_registration_is_refused(newcomer, forged):
    tab, _, response = await register_with_passkey(
        newcomer, f"made{abs(hash(str(forged)))}@example.org", Passkey(**forged)
    )
    assert response.status_code == 400
    assert "The passkey was not made" in response.text
    assert "My phone" not in re.sub("So that you know.*", "", (await tab.get(f"{ACCOUNT}/passkeys")).text)


async def test_a_signature_by_another_key_is_refused(newcomer, browser):
    _, key, _ = await register_with_passkey(newcomer, "forged@example.org")
    key.key = ec.generate_private_key(ec.SECP256R1())
    tab = browser()
    assert (await sign_in(tab, key)).status_code == 400
    assert (await sign_in(tab, Passkey())).status_code == 400


async def test_a_response_is_accepted_once_and_only_in_the_browser_with_the_challenge(newcomer, browser):
    _, key, _ = await register_with_passkey(newcomer, "replay@example.org", Passkey(counts=False))
    tab, thief = browser(), browser()
    response = key.sign(await get_options(tab, "/identity/sign-in"))
    await get_options(thief, "/identity/sign-in")
    assert (await thief.post("/identity/sign-in/passkey", credential=response)).status_code == 400
    assert (await tab.post("/identity/sign-in/passkey", credential=response)).status_code == 303
    await tab.post("/identity/sign-out")
    assert (await tab.post("/identity/sign-in/passkey", credential=response)).status_code == 400


async def test_a_copy_with_a_lower_sign_count_is_refused(newcomer, browser):
    _, key, _ = await register_with_passkey(newcomer, "copy@example.org")
    for _ in range(3):
        assert (await sign_in(browser(), key)).status_code == 303
    key.count = 1
    assert (await sign_in(browser(), key)).status_code == 400


async def test_a_passkey_without_a_sign_count_is_accepted(newcomer, browser):
    _, key, _ = await register_with_passkey(newcomer, "synced@example.org", Passkey(counts=False))
    for _ in range(2):
        assert (await sign_in(browser(), key)).status_code == 303


async def test_passkeys_are_named_renamed_and_removed(newcomer, browser):
    tab, first, _ = await register_with_passkey(newcomer, "several@example.org", name="First")
    second = Passkey()
    options = await get_options(tab, f"{ACCOUNT}/passkeys")
    assert [from_base64(passkey["id"]) for passkey in options["excludeCredentials"]] == [first.id]
    await tab.post(f"{ACCOUNT}/passkeys", credential=second.make(options), name="Second")
    page = (await tab.get(f"{ACCOUNT}/passkeys")).text
    paths = re.findall(r'action="(/identity/account/passkeys/\w+)/name"', page)
    await tab.post(f"{paths[0]}/name", name="Laptop")
    assert "Laptop" in (await tab.get(f"{ACCOUNT}/passkeys")).text
    await tab.post(f"{paths[0]}/remove")
    assert (await sign_in(browser(), first)).status_code == 400
    assert (await sign_in(browser(), second)).status_code == 303


async def test_passkeys_of_another_account_are_not_found(newcomer, browser):
    theirs, key, _ = await register_with_passkey(newcomer, "owner@example.org")
    page = (await theirs.get(f"{ACCOUNT}/passkeys")).text
    path = re.search(r'action="(/identity/account/passkeys/\w+)/name"', page)[1]
    mine = await newcomer("other@example.org")
    assert (await mine.post(f"{path}/name", name="Mine")).status_code == 404
    assert (await mine.post(f"{path}/remove")).status_code == 404
    assert (await sign_in(browser(), key)).status_code == 303


async def test_a_credential_belongs_to_one_account(newcomer):
    _, key, _ = await register_with_passkey(newcomer, "one@example.org")
    _, _, response = await register_with_passkey(newcomer, "two@example.org", key)
    assert response.status_code == 400


@pytest.mark.parametrize(
    "response", ["", "{}", "[]", "null", '{"id": 1}', "x" * 12_001, '{"id":"a","rawId":"b"}', "[" * 900]
)
async def test_a_malformed_response_is_refused_with_a_page(newcomer, browser, response):
    tab = browser()
    await get_options(tab, "/identity/sign-in")
    assert (await tab.post("/identity/sign-in/passkey", credential=response)).status_code == 400
    mine = await newcomer(f"junk{abs(hash(response))}@example.org")
    await get_options(mine, f"{ACCOUNT}/passkeys")
    assert (await mine.post(f"{ACCOUNT}/passkeys", credential=response, name="x")).status_code == 400


async def test_a_passkey_signs_in_while_its_address_is_rate_limited(newcomer, browser):
    _, key, _ = await register_with_passkey(newcomer, "locked@example.org")
    for _ in range(8):
        attack = await browser().post("/identity/sign-in", email="locked@example.org")
    assert attack.status_code == 429
    assert (await sign_in(browser(), key)).status_code == 303


async def test_email_alone_adds_no_factor_to_an_account_with_a_passkey(newcomer, browser, signed_in_again):
    _, key, _ = await register_with_passkey(newcomer, "mail-thief@example.org")
    thief = await signed_in_again("mail-thief@example.org")
    for page in ("passkeys", "authenticator", "recovery-codes"):
        then = f"?then={page}"
        for response in (
            await thief.get(f"{ACCOUNT}/{page}"),
            await thief.post(f"{ACCOUNT}/{page}", code="1"),
        ):
            assert (response.status_code, response.headers["location"]) == (
                303,
                f"{ACCOUNT}/second-step{then}",
            )
        assert "Sign in with your passkey" in (await thief.get(f"{ACCOUNT}/second-step{then}")).text
    assert (await sign_in(thief, key)).headers["location"] == ACCOUNT
    assert (await thief.get(f"{ACCOUNT}/authenticator")).status_code == 200


def test_the_software_authenticator_writes_what_the_library_parses():
    key = Passkey()
    response = json.loads(key.make({"challenge": "AAAA", "user": {"id": "AAAA"}}))
    assert parse_cbor(from_base64(response["response"]["attestationObject"]))["fmt"] == "none"
