"""The rules of signing in elsewhere: what is asked, and what of an answer counts."""

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
OTHER = ECKey.generate_key("P-256", {"kid": "one"})
RSA = RSAKey.generate_key(2048, {"kid": "two"})
KEYS = {key.kid: {"kid": key.kid, **key.as_dict(private=False)} for key in (KEY, RSA)}
NOW = 1_800_000_000
OWN = derive_secrets(b"deriving", "a-state")
EXPECTED = Expected(ISSUER, CLIENT, OWN.nonce, vot="Cl.Cm")
TENANT = "c1717000-0000-4000-8000-000000000001"
DID_URL = "https://identity.account.gov.uk/.well-known/did.json"
DID = "did:web:identity.account.gov.uk"


def claims(**other):
    said = {
        "iss": ISSUER, "aud": CLIENT, "sub": "urn:mary", "exp": NOW + 120, "iat": NOW, "nonce": OWN.nonce,
        "vot": "Cl.Cm", **other,
    }  # fmt: skip
    return {name: value for name, value in said.items() if value is not None}


def token(key=KEY, alg="ES256", header=None, **other):
    head = {"alg": alg, "kid": key.kid, **(header or {})}
    return jwt.encode(
        {k: v for k, v in head.items() if v is not None}, claims(**other), key, algorithms=[alg]
    )


def read(text, expected=EXPECTED, access="an-access-token", keys=KEYS):
    return id_tokens.verify_id_token(text, keys, expected, access, NOW)


def asked(**other):
    wanted = AuthorizationRequest(CLIENT, "https://us.example/callback", ("openid", "email"), "cy", **other)
    where = requests.build_authorization_url("https://them.example/authorize?x=1", wanted, OWN)
    return where, {name: values[0] for name, values in parse_qs(urlsplit(where).query).items()}


def test_a_request_carries_state_nonce_and_pkce_by_s256():
    where, found = asked(vot="Cl.Cm")
    digest = hashlib.sha256(OWN.verifier.encode()).digest()
    assert where.startswith("https://them.example/authorize?x=1&response_type=code&")
    assert found["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert (found["code_challenge_method"], found["state"], found["nonce"]) == ("S256", "a-state", OWN.nonce)
    assert (found["vtr"], found["ui_locales"]) == ('["Cl.Cm"]', "cy")
    assert not {"claims", "prompt", "acr_values"} & found.keys()
    assert OWN.verifier not in where


def test_an_identity_is_asked_with_its_claims():
    _, found = asked(vot="Cl.Cm.P2", fresh=True)
    assert found["vtr"] == '["Cl.Cm.P2"]'
    assert sorted(json.loads(found["claims"])["userinfo"]) == [
        "https://vocab.account.gov.uk/v1/address",
        "https://vocab.account.gov.uk/v1/coreIdentityJWT",
        "https://vocab.account.gov.uk/v1/returnCode",
    ]
    assert found["prompt"] == "login"


def test_what_binds_an_answer_differs_by_state_and_by_key():
    other, foreign = derive_secrets(b"deriving", "b-state"), derive_secrets(b"another", "a-state")
    found = {one for bound in (OWN, other, foreign) for one in (bound.nonce, bound.verifier)}
    assert len(found) == 6
    assert all(43 <= len(bound.verifier) <= 128 for bound in (OWN, other, foreign))  # RFC 7636 4.1


def test_an_answer_is_a_code_or_an_error_under_a_state():
    found = requests.read_response("code=c&state=s&iss=https%3A%2F%2Fx&more=1")
    assert (found.code, found.state, found.issuer, found.error) == ("c", "s", "https://x", None)
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
        found = requests.read_response(query)
    except InvalidResponseError:
        return
    assert found.state
    assert bool(found.code) != bool(found.error)


def test_a_good_id_token_is_taken():
    assert read(token())["sub"] == "urn:mary"
    half = hashlib.sha256(b"an-access-token").digest()[:16]
    assert read(token(at_hash=base64.urlsafe_b64encode(half).rstrip(b"=").decode()))
    assert read(token(RSA, "RS256"))
    assert read(token(RSA, "PS256"))
    assert read(token(aud=[CLIENT]))
    assert read(token(aud=[CLIENT, "b"], azp=CLIENT))


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
        read(token(**wrong))


def test_an_id_token_of_another_tenant_is_refused():
    expected = Expected(ISSUER, CLIENT, OWN.nonce, tenant=TENANT)
    assert read(token(tid=TENANT), expected)
    for other in (None, "99999999-0000-4000-8000-000000000009", [TENANT]):
        with pytest.raises(InvalidTokenError, match="tid"):
            read(token(tid=other), expected)


def test_who_had_to_sign_in_anew_must_have_done_so():
    expected = Expected(ISSUER, CLIENT, OWN.nonce, requested_at=NOW - 30)
    assert read(token(auth_time=NOW - 20), expected)
    with pytest.raises(InvalidTokenError, match="auth_time"):
        read(token(auth_time=NOW - 100), expected)


def test_the_acr_that_was_registered_must_come_back():
    expected = Expected(ISSUER, CLIENT, OWN.nonce, acr_values="urn:two urn:three")
    assert read(token(acr="urn:three"), expected)
    for other in (None, "urn:one", "urn:two urn:three"):
        with pytest.raises(InvalidTokenError, match="acr"):
            read(token(acr=other), expected)


def unsigned(header, **other):
    parts = [json.dumps(one).encode() for one in (header, claims(**other))]
    return ".".join(base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in parts) + "."


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", None, ["ES256"], 1])
def test_an_unsigned_token_is_refused_whatever_it_calls_itself(alg):
    with pytest.raises(InvalidTokenError):
        read(unsigned({"alg": alg, "kid": "one"}))


def test_a_public_key_is_no_shared_secret():
    secret = OctKey.import_key(json.dumps(KEYS["two"]).encode())
    with pytest.raises(InvalidTokenError, match="alg"):
        read(jwt.encode({"alg": "HS256", "kid": "two"}, claims(), secret, algorithms=["HS256"]))


def test_a_strangers_key_under_a_known_name_is_refused():
    with pytest.raises(InvalidTokenError, match="signature"):
        read(token(OTHER))


def test_a_key_in_the_header_is_not_looked_at():
    own = OTHER.as_dict(private=False)
    with pytest.raises(InvalidTokenError):
        read(token(OTHER, header={"jwk": own, "kid": None}))
    with pytest.raises(InvalidTokenError):
        read(token(OTHER, header={"jku": "https://attacker.example/keys"}))


def test_an_unknown_key_is_told_from_a_wrong_signature():
    with pytest.raises(UnknownKeyError):
        read(token(header={"kid": "newer"}))
    with pytest.raises(UnknownKeyError):  # the kid of a key of another kind
        read(token(header={"kid": "two"}))


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "....", "a" * 70_000, "e30.e30.e30", "W10.e30."])
def test_what_is_no_token_is_refused(text):
    with pytest.raises(InvalidTokenError):
        read(text)


def test_a_subject_is_of_its_tenant_and_never_an_address():
    found = {"sub": "pairwise", "oid": "b1", "email": "jo@citytown.example"}
    assert id_tokens.get_subject(found, "sub", None) == "pairwise"
    assert id_tokens.get_subject(found, "oid", TENANT) == f"{TENANT}/b1"
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


def discovery(**other):
    found = {
        "issuer": ISSUER, "authorization_endpoint": f"{ISSUER}authorize", "token_endpoint": f"{ISSUER}token",
        "jwks_uri": f"{ISSUER}jwks", **other,
    }  # fmt: skip
    return json.dumps(found).encode()


def test_a_provider_describes_itself():
    found = metadata.read_metadata(discovery(), ISSUER, plain=False)
    assert (found.token_endpoint, found.userinfo_endpoint, found.sends_issuer) == (
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
        metadata.read_metadata(discovery(**wrong), ISSUER, plain=False)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b"\xff", b"[" * 100_000])
def test_what_is_no_object_is_refused(body):
    for read_it in (metadata.read_jwks, lambda b: metadata.read_did_document(b, DID_URL)):
        with pytest.raises(ValueError):  # noqa: PT011 - whichever it is
            read_it(body)


def test_keys_that_cannot_check_a_signature_are_passed_over():
    private = {"kid": "p", **OTHER.as_dict(private=True)}
    encrypting = {"kid": "e", "use": "enc", **OTHER.as_dict(private=False)}
    body = json.dumps({"keys": [KEYS["one"], private, encrypting, {"kty": "oct", "k": "AA"}, 7]}).encode()
    assert list(metadata.read_jwks(body)) == ["one"]
    with pytest.raises(ValueError, match="no key"):
        metadata.read_jwks(b'{"keys": []}')
    with pytest.raises(ValueError, match="same kid"):
        metadata.read_jwks(json.dumps({"keys": [KEYS["one"], KEYS["one"]]}).encode())


def document(own=DID, key=KEY, **other):
    method = {"id": f"{own}#k", "controller": own, "publicKeyJwk": key.as_dict(private=False)}
    return json.dumps({"id": own, "assertionMethod": [method], **other}).encode()


def test_a_did_document_speaks_for_its_own_place_alone():
    assert list(metadata.read_did_document(document(), DID_URL)) == [f"{DID}#k"]
    for wrong in (document("did:web:attacker.example"), document(assertionMethod=[]), document(key=RSA)):
        with pytest.raises(ValueError):  # noqa: PT011 - whichever it is
            metadata.read_did_document(wrong, DID_URL)
    foreign = json.loads(document())
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


def told(key=KEY, person=PERSON, address=None, kid=f"{DID}#k", **other):
    said = {
        "iss": "https://identity.account.gov.uk/", "aud": CLIENT, "sub": "urn:mary", "exp": NOW + 600,
        "nbf": NOW, "vot": "P2", "vc": {"credentialSubject": person}, **other,
    }  # fmt: skip
    said = {name: value for name, value in said.items() if value is not None}
    statement = jwt.encode({"alg": "ES256", "kid": kid}, said, key, algorithms=["ES256"])
    return {
        "sub": "urn:mary",
        "https://vocab.account.gov.uk/v1/coreIdentityJWT": statement,
        "https://vocab.account.gov.uk/v1/address": address,
    }


def proven(userinfo):
    return upstream_identity.read_identity(userinfo, DID_KEYS, PINNED, NOW)


def test_an_identity_is_read_with_the_name_of_today_and_the_uprn():
    old = {"uprn": "7", "postalCode": "BA1 1AA", "validUntil": "2020-01-01"}
    now = {"uprn": "100120001", "postalCode": "BA1 1LZ", "streetName": "STALL STREET", "evil": "<script>"}
    found = proven(told(address=[old, now]))
    assert (found.level, found.given_names, found.family_name) == ("P2", ("Mary", "Ann"), "Watson")
    assert found.birth_date.isoformat() == "1970-01-02"
    assert found.addresses[0] == {"uprn": 100120001, "postalCode": "BA1 1LZ", "streetName": "STALL STREET"}


def test_who_could_not_be_proven_is_told_by_codes():
    code = "https://vocab.account.gov.uk/v1/returnCode"
    found = proven({"sub": "urn:mary", code: [{"code": "C"}, {"code": "<b>"}, 7]})
    assert found == upstream_identity.NotProven(("C",))


def test_a_lower_level_than_asked_is_no_proof():
    assert isinstance(proven(told(vot="P1")), upstream_identity.NotProven)


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
        {"key": OTHER},
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
        proven(told(**wrong))


def test_an_unsigned_identity_is_refused():
    name = "https://vocab.account.gov.uk/v1/coreIdentityJWT"
    with pytest.raises(InvalidTokenError):
        proven({"sub": "urn:mary", name: unsigned({"alg": "none", "kid": f"{DID}#k"})})
    with pytest.raises(InvalidTokenError):
        proven({"sub": "urn:mary", name: 7})
