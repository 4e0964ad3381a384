import base64
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from identity.shared.oauth import assertions

NOW = 1_800_000_000
TOKEN_URL = "http://i/identity/token"
ISSUER = "http://i/identity/"
AUDIENCES = frozenset({TOKEN_URL, ISSUER})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
OTHER = ECKey.generate_key("P-256", {"kid": "ec"})
REGISTERED = [assertions.parse_public_key(key.as_dict(private=False)) for key in (EC, RSA)]
CLAIMS = {"iss": "me", "sub": "me", "aud": TOKEN_URL, "exp": NOW + 60, "iat": NOW, "jti": "once"}


def signed(key=EC, algorithm="ES256", header=None, **claims):
    content = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    headers = {"alg": algorithm, "kid": key.kid, **(header or {})}
    return jwt.encode(
        {k: v for k, v in headers.items() if v is not None}, content, key, algorithms=[algorithm]
    )


def verify(text, keys=REGISTERED):
    return assertions.verify_assertion(assertions.parse_unverified(text), keys, AUDIENCES, NOW)


def refusal(text, keys=REGISTERED):
    with pytest.raises(assertions.RefusedError) as caught:
        verify(text, keys)
    return caught.value


def unsigned(header, content=CLAIMS, signature=""):
    parts = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in (header, content)
    )
    return ".".join([*parts, signature])


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [(RSA if kind == "RSA" else EC, name) for name, kind in assertions.ALGORITHMS.items()],
)
def test_an_assertion_signed_with_a_registered_key_holds(key, algorithm):
    assert verify(signed(key, algorithm)) == assertions.VerifiedAssertion("once", NOW + 61)


def test_the_issuer_may_be_the_audience():
    assert verify(signed(aud=[ISSUER])).jti == "once"


def test_without_a_kid_the_only_key_that_fits_is_tried():
    assert verify(signed(header={"kid": None})).jti == "once"


def test_without_a_kid_two_keys_that_fit_are_one_too_many():
    twin = {**REGISTERED[0], "kid": "twin"}
    assert not refusal(signed(header={"kid": None}), [*REGISTERED, twin]).disclosable


def test_another_keys_signature_is_refused_without_the_reason():
    assert not refusal(signed(OTHER)).disclosable


def test_a_foreign_kid_is_refused():
    assert not refusal(signed(header={"kid": "foreign"})).disclosable


def test_a_client_without_keys_is_refused_like_one_with_another_key():
    refused = refusal(signed(), keys=[])
    assert (str(refused), refused.disclosable) != ("", True)


def test_an_assertion_signed_by_the_decoy_is_refused_too(monkeypatch):
    monkeypatch.setattr(assertions, "_get_decoy", lambda _: EC)
    assert not refusal(signed(), keys=[]).disclosable


def test_alg_none_is_refused():
    assert "alg" in str(refusal(unsigned({"alg": "none"})))


def test_a_shared_secret_made_of_the_public_key_is_refused():
    message = unsigned({"alg": "HS256", "kid": "ec"})[:-1]
    mac = hmac.digest(EC.as_pem(private=False), message.encode(), "sha256")
    forged = f"{message}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    assert "alg" in str(refusal(forged))


@pytest.mark.parametrize(
    "algorithm", ["ES384", "ES512", "HS256", "HS512", "RS1", "RSA-OAEP", "EdDSA", "", None, ["ES256"], 1]
)
def test_any_other_algorithm_is_refused(algorithm):
    assert "alg" in str(refusal(unsigned({"alg": algorithm, "kid": "ec"})))


def test_an_algorithm_of_another_kind_of_key_is_refused():
    assert not refusal(unsigned({"alg": "RS256", "kid": "ec"}, signature="AAAA")).disclosable


@pytest.mark.parametrize("name", ["jku", "x5u", "jwk", "crit"])
def test_a_key_the_assertion_brings_along_is_refused(name):
    value = {"jwk": OTHER.as_dict(private=False), "crit": ["exp"]}.get(name, "http://evil.invalid/keys")
    assert name in str(refusal(unsigned({"alg": "ES256", "kid": "ec", name: value}, signature="AAAA")))


def test_a_token_of_another_type_is_no_assertion():
    assert "typ" in str(refusal(signed(header={"typ": "at+jwt"})))


@pytest.mark.parametrize(
    "audience", ["http://other/token", ISSUER + "x", [TOKEN_URL, "http://other/"], [], None, 7]
)
def test_an_assertion_for_another_audience_is_refused(audience):
    assert "aud" in str(refusal(signed(aud=audience)))


@pytest.mark.parametrize("claims", [{"sub": "you"}, {"sub": None}])
def test_iss_and_sub_must_be_the_client(claims):
    assert "sub" in str(refusal(signed(**claims)))


@pytest.mark.parametrize("expires", [NOW, NOW - 1, NOW + 331, "soon", None, True, 10**30])
def test_an_assertion_that_has_expired_or_lives_too_long_is_refused(expires):
    assert "exp" in str(refusal(signed(exp=expires)))


def test_five_minutes_are_allowed():
    assert verify(signed(exp=NOW + 300)).expires == NOW + 301


@pytest.mark.parametrize("name", ["iat", "nbf"])
def test_an_assertion_from_the_future_is_refused(name):
    assert name in str(refusal(signed(**{name: NOW + 31})))


@pytest.mark.parametrize("jti", [None, "", "x" * 256, "a\x00", 7])
def test_an_assertion_needs_an_id_of_its_own(jti):
    assert "jti" in str(refusal(signed(jti=jti)))


def test_an_assertion_that_is_too_long_is_refused():
    assert "longer" in str(refusal("a." + "b" * assertions.MAX_LENGTH + ".c"))


@given(st.text(max_size=200))
def test_any_text_is_refused_without_a_crash(text):
    with pytest.raises(assertions.RefusedError):
        verify(text)


@given(
    st.dictionaries(
        st.sampled_from(["alg", "kid", "typ", "b64", "x5c"]), st.none() | st.text() | st.integers()
    )
)
def test_any_header_is_refused_without_a_crash(header):
    with pytest.raises(assertions.RefusedError):
        verify(unsigned({"alg": "ES256", **header}, signature="AAAA"))


@given(st.binary(max_size=80))
def test_any_signature_is_refused(signature):
    head, body, _ = signed().split(".")
    forged = base64.urlsafe_b64encode(signature).rstrip(b"=").decode()
    assert not refusal(f"{head}.{body}.{forged}").disclosable


@pytest.mark.parametrize(("bound", "used"), [("RS256", "PS256"), ("PS256", "RS256"), ("RS512", "RS256")])
def test_a_key_that_is_for_one_algorithm_is_for_no_other(bound, used):
    keys = [assertions.parse_public_key({**RSA.as_dict(private=False), "alg": bound})]
    assert verify(signed(RSA, bound), keys).jti == "once"
    assert not refusal(signed(RSA, used), keys).disclosable


def test_without_a_kid_the_key_for_the_algorithm_is_used():
    members = RSA.as_dict(private=False)
    keys = [assertions.parse_public_key({**members, "kid": name, "alg": name}) for name in ("RS256", "PS256")]
    assert verify(signed(RSA, "PS256", header={"kid": None}), keys).jti == "once"


def test_a_public_key_is_parsed_without_other_members():
    parsed = assertions.parse_public_key(
        {**EC.as_dict(private=False), "jku": "http://evil.invalid", "x5c": ["x"]}
    )
    assert set(parsed) == {"kty", "kid", "crv", "x", "y"}


PUBLIC_EC, PUBLIC_RSA = EC.as_dict(private=False), RSA.as_dict(private=False)


@pytest.mark.parametrize(
    ("jwk", "reason"),
    [
        (EC.as_dict(private=True), "private"),
        ({"kty": "oct", "k": "c2VjcmV0", "kid": "x"}, "kty"),
        ({**PUBLIC_EC, "kid": ""}, "kid"),
        ({**PUBLIC_EC, "kid": None}, "kid"),
        ({**PUBLIC_EC, "use": "enc"}, "use"),
        ({**PUBLIC_EC, "alg": "RS256"}, "alg"),
        ({**PUBLIC_EC, "alg": "ES384"}, "alg"),
        ({**PUBLIC_RSA, "alg": "ES256"}, "alg"),
        ({**PUBLIC_RSA, "alg": "RSA-OAEP"}, "alg"),
        ({**PUBLIC_RSA, "alg": "HS256"}, "alg"),
        ({**PUBLIC_RSA, "alg": ["RS256"]}, "alg"),
        ({**PUBLIC_EC, "y": PUBLIC_EC["x"]}, "valid"),
        ({**PUBLIC_EC, "x": 7}, "members"),
        ({**PUBLIC_EC, "x": PUBLIC_EC["x"] + "\x00"}, "base64url"),
        ({**PUBLIC_EC, "kid": "a\x00"}, "kid"),
        ({**ECKey.generate_key("P-384", private=False).as_dict(), "kid": "x"}, "P-256"),
        ({**PUBLIC_RSA, "e": "Aw"}, "65537"),
        ({"kty": "RSA", "kid": "x", "e": "AQAB"}, "members"),
        ({**PUBLIC_RSA, "n": PUBLIC_RSA["n"][:170]}, "2048"),
        ({**PUBLIC_RSA, "n": "_" * 11_000}, "members"),
        ({**PUBLIC_RSA, "n": "_" * 700}, "4096"),
        ({**PUBLIC_RSA, "n": "*" * 344}, "base64url"),
    ],
)
def test_a_key_that_is_weak_or_private_is_refused(jwk, reason):
    with pytest.raises(ValueError, match=reason):
        assertions.parse_public_key(jwk)
