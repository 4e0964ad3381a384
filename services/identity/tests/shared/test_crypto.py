import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import assume, given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from identity.shared.rules import crypto, tokens
from services.identity.tests import rsa_keys

MASTER = b"m" * 32
GRANT = tokens.TokenContent("token", "client", ("address:read",), ("citytown",), "live", 1_000, 1_600)


def make_signing_key(signs_from=0.0, api_keys_until=None):
    kid, public, private = crypto.generate_key()
    sealing = crypto.derive_subkey(MASTER, "signing keys")
    opened = crypto.unseal_key(sealing, kid, crypto.seal_key(sealing, kid, private))
    return crypto.SigningKey(kid, public, opened, signs_from, api_keys_until)


def timeline(starts):
    return [crypto.SigningKey(f"key-{start}", {}, None, start) for start in sorted(set(starts))]


def test_the_master_key_is_thirty_two_bytes_of_url_safe_base64():
    assert crypto.parse_master_key(base64.urlsafe_b64encode(MASTER).decode()) == MASTER
    assert crypto.parse_master_key(base64.urlsafe_b64encode(MASTER).decode().rstrip("=")) == MASTER


@pytest.mark.parametrize(
    "text", ["", "short", "*" * 43, base64.urlsafe_b64encode(b"m" * 31).decode(), "é" * 43]
)
def test_any_other_master_key_is_refused(text):
    with pytest.raises(ValueError, match="master key"):
        crypto.parse_master_key(text)


def test_a_sealed_key_opens_with_the_master_key_only():
    kid, _, private = crypto.generate_key()
    sealed = crypto.seal_key(crypto.derive_subkey(MASTER, "signing keys"), kid, private)
    with pytest.raises(crypto.WrongMasterKeyError, match=kid):
        crypto.unseal_key(crypto.derive_subkey(b"n" * 32, "signing keys"), kid, sealed)
    with pytest.raises(crypto.WrongMasterKeyError):
        crypto.unseal_key(crypto.derive_subkey(MASTER, "client secrets"), kid, sealed)


def test_an_rsa_key_has_primes_of_its_own_and_signs_after_it_was_sealed(monkeypatch):
    monkeypatch.setattr(RSAKey, "generate_key", rsa_keys.generate_real_key)
    sealing, moduli = crypto.derive_subkey(MASTER, "signing keys"), set()
    for _ in range(2):
        kid, public, private = crypto.generate_key(crypto.RS256)
        opened = crypto.unseal_key(sealing, kid, crypto.seal_key(sealing, kid, private))
        key = crypto.SigningKey(kid, public, opened, 0, algorithm=crypto.RS256)
        signed = tokens.sign_jwt(key, "JWT", {"sub": "jo"})
        assert jwt.decode(signed, RSAKey.import_key(public), algorithms=["RS256"]).claims == {"sub": "jo"}
        assert (opened.key_size, public["e"]) == (2048, "AQAB")
        moduli.add(public["n"])
    assert len(moduli) == 2


def test_what_is_sealed_must_be_a_key_that_signs():
    sealing = crypto.derive_subkey(MASTER, "signing keys")
    other = X25519PrivateKey.generate().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(crypto.WrongMasterKeyError, match="neither"):
        crypto.unseal_key(sealing, "kid", crypto.seal_key(sealing, "kid", other))


def test_a_sealed_key_cannot_stand_in_for_another():
    sealing = crypto.derive_subkey(MASTER, "signing keys")
    kid, _, private = crypto.generate_key()
    with pytest.raises(crypto.WrongMasterKeyError):
        crypto.unseal_key(sealing, "other", crypto.seal_key(sealing, kid, private))


def test_sealing_shows_nothing_of_the_key_and_never_repeats_itself():
    sealing = crypto.derive_subkey(MASTER, "signing keys")
    kid, _, private = crypto.generate_key()
    first, second = crypto.seal_key(sealing, kid, private), crypto.seal_key(sealing, kid, private)
    assert first != second
    assert private[40:60] not in first


def test_the_published_key_has_no_private_half():
    _, public, _ = crypto.generate_key()
    assert set(public) == {"kid", "kty", "crv", "x", "y", "use", "alg"}


def test_a_new_key_waits_for_its_time():
    old, new = timeline([0, 100])
    assert crypto.select_signer([old, new], 99) is old
    assert crypto.select_signer([old, new], 100) is new
    assert crypto.find_pending([old, new], 99) is new
    assert crypto.find_pending([old, new], 100) is None


def test_a_region_whose_first_key_waits_has_no_signer():
    with pytest.raises(LookupError):
        crypto.select_signer(timeline([100]), 99)


def test_the_next_key_is_published_before_it_signs():
    old, new = timeline([0, 100])
    assert crypto.list_published([old, new], 1, 600) == [old, new]


def test_a_retired_key_goes_when_its_last_token_has_expired():
    old, new = timeline([0, 100])
    assert old in crypto.list_published([old, new], 100 + 600 + crypto.GRACE_SECONDS - 1, 600)
    assert crypto.list_published([old, new], 100 + 600 + crypto.GRACE_SECONDS, 600) == [new]


def test_a_retired_key_stays_as_long_as_an_api_key_it_signed():
    old = crypto.SigningKey("old", {}, None, 0, api_keys_until=50_000)
    new = crypto.SigningKey("new", {}, None, 100)
    assert old in crypto.list_published([old, new], 50_000, 600)
    assert old not in crypto.list_published([old, new], 50_000 + crypto.GRACE_SECONDS, 600)


STARTS = st.lists(st.integers(0, 10_000), min_size=1, max_size=6)


@given(STARTS, st.integers(0, 20_000), st.integers(0, 600))
def test_a_token_can_be_checked_as_long_as_it_lives(starts, signed_at, later):
    keys = timeline(starts)
    assume(signed_at >= keys[0].signs_from)
    assert crypto.select_signer(keys, signed_at) in crypto.list_published(keys, signed_at + later, 600)


@given(STARTS, st.integers(0, 200_000))
def test_a_key_whose_private_half_is_erased_never_signs(starts, now):
    keys = timeline(starts)
    assume(now >= keys[0].signs_from)
    assert crypto.select_signer(keys, now).kid not in crypto.list_erasable(keys, now)


def test_a_token_is_read_by_a_library_of_the_standard():
    key = make_signing_key()
    token = tokens.sign_jwt(key, tokens.ACCESS_TYPE, tokens.build_claims(GRANT, "http://i/", "townhall"))
    decoded = jwt.decode(token, KeySet.import_key_set({"keys": [key.public]}), algorithms=["ES256"])
    assert decoded.header == {"alg": "ES256", "typ": "at+jwt", "kid": key.kid}
    assert decoded.claims["scope"] == "address:read"
    assert decoded.claims["councils"] == ["citytown"]
    assert decoded.claims["exp"] - decoded.claims["iat"] == tokens.ACCESS_SECONDS


def test_a_token_does_not_pass_under_another_key():
    token = tokens.sign_jwt(
        make_signing_key(), tokens.ACCESS_TYPE, tokens.build_claims(GRANT, "http://i/", "townhall")
    )
    with pytest.raises(Exception, match="bad_signature"):
        jwt.decode(token, ECKey.import_key(make_signing_key().public), algorithms=["ES256"])


def test_the_same_grant_is_written_alike_each_time():
    key, content = make_signing_key(), tokens.build_claims(GRANT, "http://i/", "townhall")
    assert tokens.sign_jwt(key, tokens.KEY_TYPE, content) == tokens.sign_jwt(key, tokens.KEY_TYPE, content)


def test_a_key_without_its_private_half_signs_nothing():
    with pytest.raises(LookupError):
        tokens.sign_jwt(crypto.SigningKey("kid", {}, None, 0), tokens.KEY_TYPE, {})


def test_a_clients_secrets_differ_by_client_and_by_generation():
    deriving = crypto.derive_subkey(MASTER, "client secrets")
    derived = {crypto.derive_client_secret(deriving, client, number) for client in "ab" for number in (1, 2)}
    assert len(derived) == 4
    assert all(secret.startswith("ths_") and len(secret) == 47 for secret in derived)
    assert crypto.derive_client_secret(deriving, "a", 1) in derived


def test_a_secret_fits_its_own_hash_only():
    assert crypto.matches_hash("secret", crypto.hash_secret("secret"))
    assert not crypto.matches_hash("secret", crypto.hash_secret("Secret"))
    assert not crypto.matches_hash("secret", None)


def test_not_even_the_placeholder_of_a_missing_hash_matches(monkeypatch):
    monkeypatch.setattr(crypto, "hash_secret", lambda _: bytes(32))
    assert not crypto.matches_hash("secret", None)


@given(st.text())
def test_no_secret_fits_a_client_that_is_not_there(secret):
    assert not crypto.matches_hash(secret, None)


def test_comparing_takes_the_same_steps_whether_or_not_the_client_is_there(monkeypatch):
    compared = []
    monkeypatch.setattr(
        crypto.hmac, "compare_digest", lambda left, right: compared.append((len(left), len(right))) or False
    )
    crypto.matches_hash("secret", None)
    crypto.matches_hash("secret", crypto.hash_secret("other"))
    assert compared == [(32, 32), (32, 32)]
