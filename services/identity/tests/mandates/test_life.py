"""The life of a mandate, in whatever order its steps are tried."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chassis import ids
from identity.mandates.rules import mandates as rules
from identity.mandates.rules import themes

LEVELS = st.sampled_from(themes.LEVELS)


class Life(RuleBasedStateMachine):
    """Only what its principal has confirmed and its delegate then accepted, and nobody ended, lets act."""

    def __init__(self):
        super().__init__()
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.principal, self.delegate, self.other = ids.new(), ids.new(), ids.new()
        self.mandate = rules.make_offer(self.principal, "waste", self.now + timedelta(days=30), self.now)
        self.confirmed_at = self.claimed_by = None
        self.accepted = self.ended = False
        self.levels = [themes.LOWEST]

    def take_step(self, step, *arguments):
        before = self.mandate
        try:
            self.mandate = step(before, *arguments, self.now)
        except rules.RefusedError:
            assert self.mandate is before
            return False
        return self.mandate is not before

    @rule(hours=st.integers(min_value=1, max_value=480))
    def wait(self, hours):
        self.now += timedelta(hours=hours)

    @rule(level=LEVELS)
    def confirm(self, level):
        if self.take_step(rules.confirm_offer, level):
            assert self.confirmed_at is None
            assert not self.ended
            assert self.now < datetime(2026, 1, 2, tzinfo=UTC), "a day after the offer"
            self.confirmed_at = self.now
            self.levels = [level]

    @rule(side=st.sampled_from(["principal", "delegate", "other"]))
    def claim(self, side):
        account_id = getattr(self, side)
        if self.take_step(rules.claim_offer, account_id):
            assert side != "principal"
            assert self.claimed_by in (None, account_id)
            self.claimed_by = account_id

    @rule(side=st.sampled_from(["principal", "delegate", "other"]), level=LEVELS)
    def accept(self, side, level):
        account_id = getattr(self, side)
        if self.take_step(rules.accept_offer, account_id, level):
            assert side != "principal"
            assert self.confirmed_at is not None
            assert self.claimed_by in (None, account_id)
            assert not self.ended
            self.accepted, self.claimed_by = True, account_id
            self.levels.append(level)

    @rule()
    def decline(self):
        if self.take_step(rules.decline_offer):
            assert self.confirmed_at is not None
            assert not self.accepted
            self.ended = True

    @rule(side=st.sampled_from(["principal", "delegate"]))
    def revoke(self, side):
        if self.take_step(rules.revoke_mandate, side):
            self.ended = True
            assert self.mandate.ended_by == side

    @precondition(lambda self: self.ended)
    @rule()
    def nothing_comes_back(self):
        assert rules.revoke_mandate(self.mandate, "principal", self.now) is self.mandate
        for step in (
            lambda: rules.confirm_offer(self.mandate, themes.LOWEST, self.now),
            lambda: rules.claim_offer(self.mandate, self.delegate, self.now),
            lambda: rules.accept_offer(self.mandate, self.delegate, themes.LOWEST, self.now),
        ):
            with pytest.raises(rules.RefusedError):
                step()

    @invariant()
    def only_what_was_confirmed_and_accepted_holds(self):
        allowed = self.accepted and not self.ended and self.now < self.mandate.expires_at
        assert rules.is_active(self.mandate, self.now) == allowed
        assert self.mandate.delegate == self.claimed_by
        assert dataclasses.astuple(self.mandate)[0] == self.principal

    @invariant()
    def its_level_is_the_highest_it_was_agreed_at(self):
        assert self.mandate.minimum_level == max(self.levels, key=themes.LEVELS.index)

    @invariant()
    def it_shows_one_state(self):
        status = rules.describe_status(self.mandate, self.now)
        assert (status == "accepted") == rules.is_active(self.mandate, self.now)
        assert (status == "unconfirmed") == rules.is_unconfirmed(self.mandate, self.now)
        assert (status == "offered") == rules.is_open(self.mandate, self.now)


TestLife = Life.TestCase


@given(LEVELS, LEVELS)
def test_levels_are_in_order_as_texts_too_as_the_store_compares_them(level, other):
    assert themes.highest(level, other) == max(level, other)


def test_a_mandate_that_ended_by_time_is_shown_so_when_it_was_closed():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    offer = rules.make_offer(ids.new(), "waste", now + timedelta(days=1), now)
    confirmed = rules.confirm_offer(offer, themes.LOWEST, now)
    accepted = rules.accept_offer(confirmed, ids.new(), themes.LOWEST, now)
    closed = rules.close_expired(accepted)
    assert rules.describe_status(closed, now) == "expired"
    assert closed.ended_at == accepted.expires_at
