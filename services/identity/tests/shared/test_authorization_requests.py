"""The pure rules of sign-in: whatever comes in, they answer in their own terms."""

import json
from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.authorization.rules import steps
from identity.grants.rules import subjects
from identity.shared.oauth import authorization_requests, claims, redirects, relying_party, vectors

REDIRECT = "https://service.example/callback"
PARTY = relying_party.RelyingParty(
    profile=relying_party.STANDARD,
    first_party=True,
    redirect_uris=(REDIRECT,),
    post_logout_redirect_uris=(),
    backchannel_logout_uri=None,
    id_token_alg="ES256",
    par_required=False,
    person_scopes=frozenset({"openid", "email", "offline_access"}),
    identity_levels=frozenset({"P2"}),
)
GOOD = {
    "redirect_uri": REDIRECT, "response_type": "code", "scope": "openid", "code_challenge": "c" * 43,
    "code_challenge_method": "S256",
}  # fmt: skip
NAMES = st.sampled_from(
    [*GOOD, "state", "nonce", "prompt", "max_age", "vtr", "claims", "acr_values", "request_uri"]
)


@given(st.dictionaries(NAMES, st.text(max_size=60)))
def test_any_request_is_accepted_or_refused_with_a_description(parameters):
    try:
        request = authorization_requests.parse_request({**GOOD, **parameters}, PARTY)
    except (authorization_requests.PageError, authorization_requests.RequestError):
        return
    assert request.redirect_uri == REDIRECT
    assert "openid" in request.scopes
    assert set(request.scopes) <= PARTY.person_scopes
    assert request.challenge is not None
    assert authorization_requests.restore_request(json.loads(json.dumps(request.to_json()))) == request


@given(st.text(max_size=300))
def test_any_query_is_parsed_or_refused_with_a_description(text):
    try:
        parameters = authorization_requests.parse_parameters(text)
    except authorization_requests.PageError:
        return
    assert all(parameters.values())


@given(st.dictionaries(st.text(min_size=1, max_size=10), st.text(min_size=1, max_size=20), max_size=10))
def test_parameters_come_in_as_they_were_written(parameters):
    assert authorization_requests.parse_parameters(urlencode(parameters)) == parameters


@given(st.text(max_size=60) | st.lists(st.text(max_size=8), max_size=4).map(json.dumps))
def test_any_vector_is_accepted_or_refused_in_one_logins_words(text):
    try:
        vector = vectors.parse_vectors(text, "Cl")
    except ValueError as error:
        assert str(error) == "Request vtr not valid"  # noqa: PT017
        return
    assert vector.level in vectors.CREDENTIAL_LEVELS
    assert vector.identity in vectors.IDENTITY_LEVELS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('["Cl"]', ("Cl", "P0")),
        ('["Cl.Cm"]', ("Cl.Cm", "P0")),
        ('["Cl.Cm", "Cl"]', ("Cl", "P0")),
        ('["P2.Cl.Cm"]', ("Cl.Cm", "P2")),
        ('["P2.Cl.Cm", "P1.Cl.Cm"]', ("Cl.Cm", "P1")),
        ('["P0.Cl"]', ("Cl", "P0")),
        (None, ("Cl.Cm", "P0")),
    ],
)
def test_the_least_vector_counts(text, expected):
    vector = vectors.parse_vectors(text, "Cl.Cm")
    assert (vector.level, vector.identity) == expected


@given(st.text(max_size=80))
def test_any_claims_are_read_or_refused(text):
    try:
        userinfo, id_token = claims.parse_claims(text)
    except ValueError:
        return
    assert (userinfo | id_token) <= set(claims.SUPPORTED)


@given(st.text(max_size=80))
def test_only_a_registered_uri_is_registered(uri):
    assert redirects.is_registered(uri, [REDIRECT]) == (uri == REDIRECT)


@given(st.dictionaries(st.sampled_from(["code", "state", "iss", "error"]), st.text(min_size=1, max_size=40)))
def test_an_answer_can_be_read_back(parameters):
    parts = urlsplit(redirects.add_parameters(f"{REDIRECT}?own=1", parameters))
    assert (parts.netloc, parts.path) == ("service.example", "/callback")
    read_back = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    assert read_back == {"own": "1", **parameters}


@given(
    level=st.sampled_from(vectors.CREDENTIAL_LEVELS),
    signed_at=st.integers(0, 1_000),
    requested_at=st.integers(0, 1_000),
    prompts=st.sampled_from([(), ("login",), ("none",), ("consent",)]),
    max_age=st.none() | st.integers(0, 500),
    first=st.booleans(),
    agreed=st.none() | st.integers(0, 1_000),
)
def test_nobody_is_answered_without_factors_freshness_and_consent(
    level, signed_at, requested_at, prompts, max_age, first, agreed
):
    request = replace(
        authorization_requests.parse_request({**GOOD, "acr_values": "Cl.Cm"}, PARTY),
        prompts=prompts,
        max_age=max_age,
    )
    consented = None if agreed is None else steps.Consent(frozenset({"openid"}), frozenset(), agreed)
    party, now = replace(PARTY, first_party=first), 1_000
    try:
        step = steps.next_step(request, party, steps.Person(level, signed_at), consented, requested_at, now)
    except authorization_requests.RequestError as error:
        assert "none" in prompts or error.error == "access_denied"  # noqa: PT017
        return
    if step is not steps.Step.ANSWER:
        assert "none" not in prompts
        return
    assert level == "Cl.Cm"
    assert "login" not in prompts or signed_at >= requested_at
    assert max_age is None or now - signed_at <= max_age or signed_at >= requested_at
    assert first or agreed is not None
    assert "consent" not in prompts or (agreed is not None and agreed >= requested_at)


@given(
    required=st.sampled_from(["P1", "P2"]),
    proven=st.sampled_from(vectors.IDENTITY_LEVELS),
    wants_code=st.booleans(),
    unproven=st.booleans(),
    silent=st.booleans(),
)
def test_nobody_continues_without_the_proof_but_by_choice_where_the_service_is_told(
    required, proven, wants_code, unproven, silent
):
    userinfo_claims = (claims.RETURN_CODE,) if wants_code else ()
    request = authorization_requests.parse_request({**GOOD, "acr_values": "Cl.Cm"}, PARTY)
    request = replace(
        request, identity=required, userinfo_claims=userinfo_claims, prompts=("none",) if silent else ()
    )
    person = steps.Person("Cl.Cm", 0, proven, unproven)
    agreed = steps.Consent(frozenset({"openid"}), frozenset({claims.RETURN_CODE}), 0)
    try:
        step = steps.next_step(request, PARTY, person, agreed, 0, 0)
    except authorization_requests.RequestError as error:
        assert error.error == "access_denied"  # noqa: PT017
        assert silent
        assert proven < required
        assert not wants_code
        return
    if proven >= required or (wants_code and (unproven or silent)):
        assert step is steps.Step.ANSWER
    else:
        assert step is steps.Step.PROVE
        assert not silent


def test_nobody_signed_in_is_never_answered():
    request = authorization_requests.parse_request(GOOD, PARTY)
    assert steps.next_step(request, PARTY, None, None, 0, 0) is steps.Step.SIGN_IN


@given(st.uuids(), st.uuids())
def test_names_differ_between_people_councils_and_kinds(first: UUID, second: UUID):
    key = b"k" * 32
    names = {
        subjects.derive_pairwise(key, sector, kind, inner)
        for sector in ("citytown", "hillshire")
        for kind in ("account", "session")
        for inner in {first, second}
    }
    assert len(names) == 4 * len({first, second})
    assert subjects.derive_pairwise(key, "citytown", "account", first) in names


@pytest.mark.parametrize(
    ("verifier", "challenge", "fits"),
    [
        (None, None, True),
        ("v" * 43, None, False),
        (None, "h", False),
        ("v" * 43, "h", True),
        ("v" * 42, "h", False),
    ],
)
def test_a_verifier_and_a_challenge_come_together_or_not_at_all(verifier, challenge, fits):
    assert authorization_requests.verify_pkce(verifier, challenge, "h") is fits
