"""What a sign-in counts for at a council, over all combinations of own means and upstreams."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chassis import ids
from identity.accounts.rules import factors
from identity.accounts.rules.browser_sessions import SessionRecord, UpstreamSignIn
from identity.assurance.rules import SignInRequest, needs_step_up, sign_in_at

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
COUNCILS = ("citytown", "hillshire", "moorland")
times = st.integers(0, 3_600).map(lambda seconds: NOON + timedelta(seconds=seconds))
sign_ins = st.builds(
    UpstreamSignIn,
    council=st.sampled_from(COUNCILS),
    upstream=st.builds(ids.new),
    method=st.sampled_from([factors.UPSTREAM, factors.UPSTREAM_TWO]),
    authenticated_at=times,
)
records = st.builds(
    SessionRecord,
    account=st.builds(ids.new),
    session=st.builds(ids.new),
    own_methods=st.frozensets(st.sampled_from(sorted(factors.OWN))),
    own_at=st.none() | times,
    upstreams=st.lists(sign_ins, max_size=4).map(tuple),
    language=st.just("en"),
)
places = st.sampled_from([None, *COUNCILS])


def without_upstreams(record, keep=()):
    """Copy a session, with those upstreams alone that are of these councils."""
    upstreams = tuple(upstream for upstream in record.upstreams if upstream.council in keep)
    return SessionRecord(
        record.account, record.session, record.own_methods, record.own_at, upstreams, record.language
    )


@given(records, places)
def test_upstreams_of_other_councils_change_nothing(record, place):
    assert sign_in_at(record, place) == sign_in_at(without_upstreams(record, {place}), place)


@given(records)
def test_on_the_pages_of_the_region_own_means_alone_count(record):
    person = sign_in_at(record, None)
    assert (person is not None) == (record.own_at is not None)
    if person is not None:
        assert person.methods == record.own_methods
        assert person.authenticated_at == record.own_at
        assert person.upstreams == frozenset()


@given(records, places)
def test_own_means_count_everywhere_as_strongly_as_in_the_region(record, place):
    by_own_means, at_place = sign_in_at(record, None), sign_in_at(record, place)
    if by_own_means is not None:
        assert at_place is not None
        assert at_place.methods >= by_own_means.methods
        assert at_place.authenticated_at >= by_own_means.authenticated_at


@given(records, st.sampled_from(COUNCILS))
def test_a_councils_upstream_counts_at_its_council(record, council):
    counted = [upstream for upstream in record.upstreams if upstream.council == council]
    person = sign_in_at(record, council)
    assert (person is not None) == (record.own_at is not None or bool(counted))
    if person is not None:
        assert person.methods == record.own_methods | {upstream.method for upstream in counted}
        assert person.upstreams == {upstream.upstream for upstream in counted}
        times = [record.own_at] if record.own_at is not None else []
        assert person.authenticated_at == max(times + [upstream.authenticated_at for upstream in counted])


@given(records, places)
def test_two_factors_at_a_council_are_its_own_upstreams_or_the_accounts(record, place):
    person = sign_in_at(record, place)
    if person is None or factors.level(person.methods) != factors.TWO_FACTORS:
        return
    claimed_here = any(upstream.council == place for upstream in record.upstreams)
    assert claimed_here or factors.level(record.own_methods) == factors.TWO_FACTORS


@given(records, st.sampled_from(COUNCILS), st.sampled_from([factors.ONE_FACTOR, factors.TWO_FACTORS]))
def test_a_step_up_is_asked_of_whoever_is_signed_in_too_weakly_there(record, council, level):
    request = SignInRequest(
        "bins", "Bins", council, level, frozenset(), None, None, None, "https://bins.example"
    )
    person = sign_in_at(record, council)
    weak = person is not None and factors.level(person.methods) != factors.TWO_FACTORS
    assert needs_step_up(request, record) == (weak and level == factors.TWO_FACTORS)


def test_nobody_is_signed_in_without_a_session():
    assert sign_in_at(None, None) is None
    assert sign_in_at(None, "citytown") is None
