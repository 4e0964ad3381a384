"""The rules of a login at an upstream: the request, the response, tokens, metadata and identities."""

import base64
import hashlib
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from identity.accounts.rules import factors
from identity.upstream_login.rules import id_tokens, requests
from identity.upstream_login.rules import identity as upstream_identity
from identity.upstream_login.rules.id_tokens import Expected, InvalidTokenError, UnknownKeyError
from identity.upstream_login.rules.requests import AuthorizationRequest, InvalidResponseError, derive_secrets
from identity.upstreams.rules import metadata

ISSUER = "https://oidc.account.gov.uk/"
CLIENT = "a-client"
KEY = ECKey.generate_key("P-256", {"kid": "one"})
OTHER_KEY = ECKey.generate_key("P-256", {"kid": "one"})
RSA = RSAKey.generate_key(2048, {"kid": "two"})
KEYS = {key.kid: {"kid": key.kid, **key.as_dict(private=False)} for key in (KEY, RSA)}
NOW = 1_800_000_000
SECRETS = derive_secrets(b"deriving", "a-state")
EXPECTED = Expected(ISSUER, CLIENT, SECRETS.nonce, vot="Cl.Cm")
TENANT = "c1717000-0000-4000-8000-000000000001"
DID_URL = "https://identity.account.gov.uk/.well-known/did.json"
DID = "did:web:identity.account.gov.uk"


def claims_with(**overrides):
    claims = {
        "iss": ISSUER, "aud": CLIENT, "sub": "urn:mary", "exp": NOW + 120, "iat": NOW, "nonce": SECRETS.nonce,
        "vot": "Cl.Cm", **overrides,
    }  # fmt: skip
    return {name: value for name, value in claims.items() if value is not None}


def signed_token(key=KEY, alg="ES256", header=None, **overrides):
    head = {"alg": alg, "kid": key.kid, **(header or {})}
    return jwt.encode(
        {k: v for k, v in head.items() if v is not None}, claims_with(**overrides), key, algorithms=[alg]
    )


def verify(text, expected=EXPECTED, access="an-access-token", keys=KEYS):
    return id_tokens.verify_id_token(text, keys, expected, access, NOW)


def build_request(**overrides):
    request = AuthorizationRequest(
        CLIENT, "https://us.example/callback", ("openid", "email"), "cy", **overrides
    )
    url = requests.build_authorization_url("https://them.example/authorize?x=1", request, SECRETS)
    return url, {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_a_request_carries_state_nonce_and_pkce_by_s256():
    url, parameters = build_request(vot="Cl.Cm")
    digest = hashlib.sha256(SECRETS.verifier.encode()).digest()
    assert url.startswith("https://them.example/authorize?x=1&response_type=code&")
    assert parameters["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert (parameters["code_challenge_method"], parameters["state"], parameters["nonce"]) == (
        "S256",
        "a-state",
        SECRETS.nonce,
    )
    assert (parameters["vtr"], parameters["ui_locales"]) == ('["Cl.Cm"]', "cy")
    assert not {"claims", "prompt", "acr_values"} & parameters.keys()
    assert SECRETS.verifier not in url


def test_an_identity_is_asked_with_its_claims():
    _, parameters = build_request(vot="Cl.Cm.P2", fresh=True)
    assert parameters["vtr"] == '["Cl.Cm.P2"]'
    assert sorted(json.loads(parameters["claims"])["userinfo"]) == [
        "https://vocab.account.gov.uk/v1/address",
        "https://vocab.account.gov.uk/v1/coreIdentityJWT",
        "https://vocab.account.gov.uk/v1/returnCode",
    ]
    assert parameters["prompt"] == "login"


def test_what_binds_an_answer_differs_by_state_and_by_key():
    other, foreign = derive_secrets(b"deriving", "b-state"), derive_secrets(b"another", "a-state")
    values = {value for secrets in (SECRETS, other, foreign) for value in (secrets.nonce, secrets.verifier)}
    assert len(values) == 6
    assert all(43 <= len(secrets.verifier) <= 128 for secrets in (SECRETS, other, foreign))  # RFC 7636 4.1


def test_an_answer_is_a_code_or_an_error_under_a_state():
    response = requests.read_response("code=c&state=s&iss=https%3A%2F%2Fx&more=1")
    assert (response.code, response.state, response.issuer, response.error) == ("c", "s", "https://x", None)
    assert requests.read_response("error=access_denied&state=s").error == "access_denied"


@pytest.mark.parametrize(
    "query",
    ["", "code=c", "state=s", "code=&state=s", "code=c&state=s&error=e", "code=c&code=d&state=s",
     "state=s&state=s&code=c", "code=c&state=s&iss=a&iss=b", f"code={'c' * 5_000}&state=s",
     f"code=c&state=s&x={'y' * 9_000}", "code=%FF&state=s"],
)  # fmt: skip
def test_an_answer_that_no_provider_of_ours_sends_is_refused(query):
    with pytest.raises(InvalidResponseError):
        requests.read_response(query)


@given(st.text(max_size=300))
def test_any_query_is_read_or_refused(query):
    try:
        response = requests.read_response(query)
    except InvalidResponseError:
        return
    assert response.state
    assert bool(response.code) != bool(response.error)


def test_a_good_id_token_is_taken():
    assert verify(signed_token())["sub"] == "urn:mary"
    half = hashlib.sha256(b"an-access-token").digest()[:16]
    assert verify(signed_token(at_hash=base64.urlsafe_b64encode(half).rstrip(b"=").decode()))
    assert verify(signed_token(RSA, "RS256"))
    assert verify(signed_token(RSA, "PS256"))
    assert verify(signed_token(aud=[CLIENT]))
    assert verify(signed_token(aud=[CLIENT, "b"], azp=CLIENT))


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"iss": "https://oidc.account.gov.uk"}, "iss"),
        ({"iss": None}, "iss"),
        ({"aud": "another"}, "aud"),
        ({"aud": None}, "aud"),
        ({"aud": [CLIENT, "another"]}, "azp"),
        ({"azp": "another"}, "azp"),
        ({"exp": NOW - 61}, "exp"),
        ({"exp": None}, "exp"),
        ({"exp": "9999999999"}, "exp"),
        ({"iat": NOW - 601}, "iat"),
        ({"iat": NOW + 61}, "iat"),
        ({"iat": None}, "iat"),
        ({"iat": True}, "iat"),
        ({"nbf": NOW + 61}, "nbf"),
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"nonce": 7}, "nonce"),
        ({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, "at_hash"),
        ({"vot": "Cl"}, "vot"),
        ({"vot": None}, "vot"),
        ({"sub": None}, "sub"),
        ({"sub": ""}, "sub"),
        ({"sub": "s" * 256}, "sub"),
        ({"sub": ["urn:mary"]}, "sub"),
        ({"sub": "a\nb"}, "sub"),
    ],
)
def test_an_id_token_with_one_thing_wrong_is_refused(wrong, why):
    with pytest.raises(InvalidTokenError, match=why):
        verify(signed_token(**wrong))


def test_an_id_token_of_another_tenant_is_refused():
    expected = Expected(ISSUER, CLIENT, SECRETS.nonce, tenant=TENANT)
    assert verify(signed_token(tid=TENANT), expected)
    for other in (None, "99999999-0000-4000-8000-000000000009", [TENANT]):
        with pytest.raises(InvalidTokenError, match="tid"):
            verify(signed_token(tid=other), expected)


def test_who_had_to_sign_in_anew_must_have_done_so():
    expected = Expected(ISSUER, CLIENT, SECRETS.nonce, requested_at=NOW - 30)
    assert verify(signed_token(auth_time=NOW - 20), expected)
    with pytest.raises(InvalidTokenError, match="auth_time"):
        verify(signed_token(auth_time=NOW - 100), expected)


def test_the_acr_that_was_registered_must_come_back():
    expected = Expected(ISSUER, CLIENT, SECRETS.nonce, acr_values="urn:two urn:three")
    assert verify(signed_token(acr="urn:three"), expected)
    for other in (None, "urn:one", "urn:two urn:three"):
        with pytest.raises(InvalidTokenError, match="acr"):
            verify(signed_token(acr=other), expected)


def unsigned_token(header, **overrides):
    parts = [json.dumps(part).encode() for part in (header, claims_with(**overrides))]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", None, ["ES256"], 1])
def test_an_unsigned_token_is_refused_whatever_it_calls_itself(alg):
    with pytest.raises(InvalidTokenError):
        verify(unsigned_token({"alg": alg, "kid": "one"}))


def test_a_public_key_is_no_shared_secret():
    secret = OctKey.import_key(json.dumps(KEYS["two"]).encode())
    with pytest.raises(InvalidTokenError, match="alg"):
        verify(jwt.encode({"alg": "HS256", "kid": "two"}, claims_with(), secret, algorithms=["HS256"]))


def test_a_strangers_key_under_a_known_name_is_refused():
    with pytest.raises(InvalidTokenError, match="signature"):
        verify(signed_token(OTHER_KEY))


def test_a_key_in_the_header_is_not_looked_at():
    jwk = OTHER_KEY.as_dict(private=False)
    with pytest.raises(InvalidTokenError):
        verify(signed_token(OTHER_KEY, header={"jwk": jwk, "kid": None}))
    with pytest.raises(InvalidTokenError):
        verify(signed_token(OTHER_KEY, header={"jku": "https://attacker.example/keys"}))


def test_an_unknown_key_is_told_from_a_wrong_signature():
    with pytest.raises(UnknownKeyError):
        verify(signed_token(header={"kid": "newer"}))
    with pytest.raises(UnknownKeyError):  # the kid of a key of another kind
        verify(signed_token(header={"kid": "two"}))


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "....", "a" * 70_000, "e30.e30.e30", "W10.e30."])
def test_what_is_no_token_is_refused(text):
    with pytest.raises(InvalidTokenError):
        verify(text)


def test_a_subject_is_of_its_tenant_and_never_an_address():
    claims = {"sub": "pairwise", "oid": "b1", "email": "jo@citytown.example"}
    assert id_tokens.get_subject(claims, "sub", None) == "pairwise"
    assert id_tokens.get_subject(claims, "oid", TENANT) == f"{TENANT}/b1"
    with pytest.raises(InvalidTokenError):
        id_tokens.get_subject({"sub": "x"}, "oid", TENANT)


def test_two_factors_count_only_where_the_provider_says_so():
    plain = Expected(ISSUER, CLIENT, "n")
    assert id_tokens.get_method({}, plain) == factors.UPSTREAM
    assert id_tokens.get_method({"vot": "Cl.Cm"}, plain) == factors.UPSTREAM  # not One Login's word
    assert id_tokens.get_method({"amr": ["pwd"]}, plain) == factors.UPSTREAM
    assert id_tokens.get_method({"amr": ["pwd", "mfa"]}, plain) == factors.UPSTREAM_TWO
    assert id_tokens.get_method({"vot": "Cl.Cm"}, EXPECTED) == factors.UPSTREAM_TWO


# ---------------------------------------------------------------------------------------------- metadata


def discovery_document(**overrides):
    document = {
        "issuer": ISSUER, "authorization_endpoint": f"{ISSUER}authorize", "token_endpoint": f"{ISSUER}token",
        "jwks_uri": f"{ISSUER}jwks", **overrides,
    }  # fmt: skip
    return json.dumps(document).encode()


def test_a_provider_describes_itself():
    provider = metadata.read_metadata(discovery_document(), ISSUER, plain=False)
    assert (provider.token_endpoint, provider.userinfo_endpoint, provider.sends_issuer) == (
        f"{ISSUER}token", None, False,
    )  # fmt: skip
    assert metadata.build_discovery_url(ISSUER) == f"{ISSUER}.well-known/openid-configuration"


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "https://oidc.account.gov.uk"},
        {"issuer": "https://attacker.example/"},
        {"token_endpoint": None},
        {"token_endpoint": "http://oidc.account.gov.uk/token"},
        {"token_endpoint": "/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://us@them.example/"},
        {"authorization_endpoint": 'https://them.example/"><script>'},
        {"authorization_endpoint": "https://them.example/\r\nSet-Cookie: a=b"},
        {"authorization_endpoint": "https://them.example/#f"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https://" + "a" * 3_000},
        {"userinfo_endpoint": "http://x.example"},
        {"userinfo_endpoint": 7},
    ],
)
def test_a_discovery_document_with_one_thing_wrong_is_refused(wrong):
    with pytest.raises(ValueError):  # noqa: PT011 - whichever it is
        metadata.read_metadata(discovery_document(**wrong), ISSUER, plain=False)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b"\xff", b"[" * 100_000])
def test_what_is_no_object_is_refused(body):
    for read_it in (metadata.read_jwks, lambda b: metadata.read_did_document(b, DID_URL)):
        with pytest.raises(ValueError):  # noqa: PT011 - whichever it is
            read_it(body)


def test_keys_that_cannot_check_a_signature_are_passed_over():
    private = {"kid": "p", **OTHER_KEY.as_dict(private=True)}
    encrypting = {"kid": "e", "use": "enc", **OTHER_KEY.as_dict(private=False)}
    body = json.dumps({"keys": [KEYS["one"], private, encrypting, {"kty": "oct", "k": "AA"}, 7]}).encode()
    assert list(metadata.read_jwks(body)) == ["one"]
    with pytest.raises(ValueError, match="no key"):
        metadata.read_jwks(b'{"keys": []}')
    with pytest.raises(ValueError, match="same kid"):
        metadata.read_jwks(json.dumps({"keys": [KEYS["one"], KEYS["one"]]}).encode())


def did_document(did=DID, key=KEY, **overrides):
    method = {"id": f"{did}#k", "controller": did, "publicKeyJwk": key.as_dict(private=False)}
    return json.dumps({"id": did, "assertionMethod": [method], **overrides}).encode()


def test_a_did_document_speaks_for_its_own_place_alone():
    assert list(metadata.read_did_document(did_document(), DID_URL)) == [f"{DID}#k"]
    for wrong in (
        did_document("did:web:attacker.example"),
        did_document(assertionMethod=[]),
        did_document(key=RSA),
    ):
        with pytest.raises(ValueError):  # noqa: PT011 - whichever it is
            metadata.read_did_document(wrong, DID_URL)
    foreign = json.loads(did_document())
    foreign["assertionMethod"][0]["id"] = "did:web:attacker.example#k"
    with pytest.raises(ValueError, match="no P-256 key"):
        metadata.read_did_document(json.dumps(foreign).encode(), DID_URL)


# ---------------------------------------------------------------------------------------------- identity

PINNED = upstream_identity.Expected(DID, CLIENT, "urn:mary", "P2")
DID_KEYS = {f"{DID}#k": {"kid": f"{DID}#k", **KEY.as_dict(private=False)}}
PERSON = {
    "name": [
        {"validUntil": "2020-01-01", "nameParts": [{"type": "GivenName", "value": "Old"}]},
        {"nameParts": [
            {"type": "GivenName", "value": "Mary"}, {"type": "GivenName", "value": "Ann"},
            {"type": "FamilyName", "value": "Watson"},
        ]},
    ],
    "birthDate": [{"value": "1970-01-02"}],
}  # fmt: skip


def userinfo_with(key=KEY, person=PERSON, address=None, kid=f"{DID}#k", **overrides):
    claims = {
        "iss": "https://identity.account.gov.uk/", "aud": CLIENT, "sub": "urn:mary", "exp": NOW + 600,
        "nbf": NOW, "vot": "P2", "vc": {"credentialSubject": person}, **overrides,
    }  # fmt: skip
    claims = {name: value for name, value in claims.items() if value is not None}
    statement = jwt.encode({"alg": "ES256", "kid": kid}, claims, key, algorithms=["ES256"])
    return {
        "sub": "urn:mary",
        "https://vocab.account.gov.uk/v1/coreIdentityJWT": statement,
        "https://vocab.account.gov.uk/v1/address": address,
    }


def read_proven(userinfo):
    return upstream_identity.read_identity(userinfo, DID_KEYS, PINNED, NOW)


def test_an_identity_is_read_with_the_name_of_today_and_the_uprn():
    old = {"uprn": "7", "postalCode": "BA1 1AA", "validUntil": "2020-01-01"}
    now = {"uprn": "100120001", "postalCode": "BA1 1LZ", "streetName": "STALL STREET", "evil": "<script>"}
    identity = read_proven(userinfo_with(address=[old, now]))
    assert (identity.level, identity.given_names, identity.family_name) == ("P2", ("Mary", "Ann"), "Watson")
    assert identity.birth_date.isoformat() == "1970-01-02"
    assert identity.addresses[0] == {"uprn": 100120001, "postalCode": "BA1 1LZ", "streetName": "STALL STREET"}


def test_an_identity_that_was_not_proven_has_return_codes():
    code = "https://vocab.account.gov.uk/v1/returnCode"
    result = read_proven({"sub": "urn:mary", code: [{"code": "C"}, {"code": "<b>"}, 7]})
    assert result == upstream_identity.NotProven(("C",))


def test_a_lower_level_than_asked_is_no_proof():
    assert isinstance(read_proven(userinfo_with(vot="P1")), upstream_identity.NotProven)


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://attacker.example/"},
        {"iss": None},
        {"aud": "another"},
        {"sub": "urn:peter"},
        {"exp": NOW - 61},
        {"exp": None},
        {"nbf": NOW + 61},
        {"vot": None},
        {"vot": "P9"},
        {"key": OTHER_KEY},
        {"kid": "did:web:attacker.example#k"},
        {"person": None},
        {"person": {**PERSON, "name": []}},
        {"person": {**PERSON, "birthDate": [{"value": "2999-01-01"}]}},
        {"person": {**PERSON, "birthDate": "1970-01-02"}},
        {"vc": None},
        {"address": "BA1"},
    ],
)
def test_an_identity_with_one_thing_wrong_is_refused(wrong):
    with pytest.raises(InvalidTokenError):
        read_proven(userinfo_with(**wrong))


def test_an_unsigned_identity_is_refused():
    name = "https://vocab.account.gov.uk/v1/coreIdentityJWT"
    with pytest.raises(InvalidTokenError):
        read_proven({"sub": "urn:mary", name: unsigned_token({"alg": "none", "kid": f"{DID}#k"})})
    with pytest.raises(InvalidTokenError):
        read_proven({"sub": "urn:mary", name: 7})
