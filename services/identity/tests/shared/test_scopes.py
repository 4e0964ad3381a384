from hypothesis import given
from hypothesis import strategies as st

from identity.councils import rules as councils
from identity.shared.oauth import scopes

KNOWN = st.lists(st.sampled_from(sorted(scopes.CATALOGUE)), min_size=1, max_size=6, unique=True)


def test_an_unknown_scope_is_named():
    assert scopes.list_unknown(["address:read", "address:fly"]) == ["address:fly"]


def test_every_scope_is_a_capability_and_a_verb():
    for scope, description in scopes.CATALOGUE.items():
        capability, _, verb = scope.partition(":")
        assert capability in {"address", "payments", "casework", "mapping", "identity", "services"}
        assert verb.replace("-", "").isalpha()
        assert description


def test_the_scopes_of_the_region_are_never_a_councils():
    assert scopes.list_region_only(["identity:operate", "address:read", "identity:gateway"]) == [
        "identity:operate",
        "identity:gateway",
    ]


def test_without_a_scope_a_token_carries_all_the_client_holds():
    assert scopes.narrow_scopes(None, ["b:b", "a:a"]) == ("a:a", "b:b")


def test_fewer_scopes_are_granted_on_request():
    assert scopes.narrow_scopes("a:a", ["b:b", "a:a"]) == ("a:a",)


@given(KNOWN, KNOWN)
def test_a_token_never_carries_more_than_the_client_holds(requested, client_scopes):
    granted = scopes.narrow_scopes(" ".join(requested), client_scopes)
    if set(requested) <= set(client_scopes):
        assert set(granted) == set(requested)
    else:
        assert granted is None


@given(KNOWN, KNOWN)
def test_nobody_grants_scopes_they_do_not_hold(requested, client_scopes):
    assert set(scopes.list_ungrantable(requested, client_scopes)) == set(requested) - set(client_scopes)


def test_a_reserved_slug_is_refused_with_the_reason():
    for slug in ("identity", "developers", "health", "metrics", "region", "dead"):
        assert "reserved" in councils.find_slug_fault(slug)


def test_an_ordinary_slug_is_free():
    assert councils.find_slug_fault("bath-and-north-east-somerset") is None


def test_a_slug_has_no_two_hyphens_in_a_row():
    assert "hyphens" in councils.find_slug_fault("city--town")


def test_a_councils_code_is_of_the_united_kingdom():
    assert councils.find_gss_fault("E06000022") is None
    assert councils.find_gss_fault("S12000030") is None
    assert "E06000022" in councils.find_gss_fault("X06000022")
