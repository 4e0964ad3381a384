"""Periods that are renewed: what publishing refuses, and the days that any start and any renewal give."""

import functools
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.case_types.actions.simulations import make_calendars
from casework.case_types.rules.bound_types import bind
from casework.documents.rules.scenarios import ScenarioDocument
from casework.engine.rules.deadlines import LawOfTime
from casework.engine.rules.decision import decide
from casework.language.rules.compilation import compile_case_type
from casework.model.rules.acts import Act, ActKind, Actor, Context, Decision
from casework.model.rules.case_state import CaseState
from casework.shared.days import LONDON
from casework.shared.faults import CaseTypeError

from .library_sources import SAMPLES

TEXT = Path(SAMPLES[0]).read_text()
YEARLY = ("  months: 12\n  starts_on: holding", '  yearly_on: "04-01"\n  starts_on: holding')


@functools.cache
def compile_sample(old="", new=""):
    assert old in TEXT
    return compile_case_type("allotment.yaml", TEXT.replace(old, new, 1) if old else TEXT)


@functools.cache
def context():
    scenario = ScenarioDocument.model_construct(nation="scotland", closures=[])
    return Context(LawOfTime(make_calendars(scenario)))


class Plot:
    def __init__(self, case_type):
        self.bound, self.state = bind(case_type, "scotland", {}), CaseState()

    def act(self, name, day, **rest):
        act = Act(ActKind.ACTION, name, datetime.combine(day, time(10), LONDON), OFFICER, **rest)
        answer = decide(self.bound, self.state, act, context())
        if isinstance(answer, Decision):
            self.state = replace(answer.state, paid=answer.state.charged)
        return answer

    def let(self, first, on):
        fields = {"name": "A", "size": "small", "concession": False, "from_day": first.isoformat()}
        assert isinstance(self.act("apply", on, fields=fields), Decision)
        assert isinstance(self.act("receive_rent", on), Decision)

    @property
    def end(self):
        return self.state.due_dates["renewal"].on


OFFICER = Actor("ann", frozenset({"officer"}))


@settings(deadline=None, max_examples=40)
@given(st.dates(date(2026, 1, 1), date(2033, 12, 31)), st.integers(0, 56))
def test_a_yearly_period_ends_on_the_eve_of_its_day_and_the_next_begins_on_it(first, before):
    plot = Plot(compile_sample(*YEARLY))
    plot.let(first, first)
    end = plot.end
    assert (end + timedelta(days=1)).timetuple()[1:3] == (4, 1)
    assert 0 <= (end - first).days <= 365
    assert isinstance(plot.act("renew", max(first, end - timedelta(days=before))), Decision)
    assert plot.end == end.replace(year=end.year + 1)


@settings(deadline=None, max_examples=40)
@given(st.dates(date(2026, 1, 1), date(2033, 12, 31)), st.integers(0, 56))
def test_renewing_early_gives_no_day_away_and_none_twice(first, before):
    plot = Plot(compile_sample())
    plot.let(first, first)
    end = plot.end
    assert isinstance(plot.act("renew", end - timedelta(days=before)), Decision)
    [*_, renewed] = plot.state.clocks["renewal"]
    assert renewed.on == end + timedelta(days=1)
    assert 365 <= (plot.end - end).days <= 366
    assert plot.state == CaseState.from_json(plot.state.to_json())


def test_what_is_renewed_after_it_ended_begins_where_it_ended():
    plot = Plot(compile_sample())
    plot.let(date(2026, 4, 1), date(2026, 4, 1))
    assert isinstance(plot.act("renew", date(2027, 4, 20)), Decision)
    assert plot.end == date(2028, 3, 31)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "  months: 12\n  starts_on",
            "  starts_on",
            "renewal: a renewal has exactly one of: months, yearly_on",
        ),
        (YEARLY[0], '  yearly_on: "02-29"\n  starts_on: holding', "renewal.yearly_on: it must look like"),
        ("  renews_on: renew\n", "  renews_on: renwe\n", "there is no action renwe. Did you mean renew?"),
        ("  lapses: lapse\n", "  lapses: laps\n", "renewal.lapses: there is no action laps."),
        (
            "before_days: 42, notify: renew_soon",
            "before_days: 42, notify: soon",
            "there is no notification soon",
        ),
        ("  offered_days: 56\n", "  offered_days: {parameter: kpt}\n", "there is no integer parameter kpt."),
        ("  cooling_off:\n    name", "  renewal:\n    name", "clocks.renewal: the renewal makes this clock."),
        ("  hold_over:", "  renewal_lapse:", "timers.renewal_lapse: the renewal makes this timer."),
        (
            "    disregards_from: away_from\n",
            "",
            "clocks.answer.disregards_on: it needs `disregards_from:` too.",
        ),
        ("disregards_from: away_from", "disregards_from: size", "size is no date."),
        ("{hold: visit, do: drop_visit}", "{do: drop_visit}", "it hangs on one thing"),
        ("{hold: visit, do: drop_visit}", "{hold: vist, do: drop_visit}", "Did you mean visit?"),
        ("choice: visit,", "choice: size,", "slots.visit.choice: size is no slot."),
        ("confirms_on: agree_visit", "confirms_on: []", "slots.visit: nothing confirms it"),
        ("[ask_visit, choose_again]", "[ask_visit, drop_visit]", "drop_visit is done by a timer or an event"),
        (
            "before_hours: 24, notify: visit_soon",
            "before_hours: 24, before_days: 1, notify: visit_soon",
            "not both",
        ),
        ("slot.visit.starts_in_hours", "slot.visit.starts_in", "Did you mean slot.visit.starts_in_hours?"),
    ],
)
def test_a_planted_fault_is_named(old, new, message):
    with pytest.raises(CaseTypeError) as refused:
        compile_sample(old, new)
    assert any(message in str(fault) for fault in refused.value.faults), refused.value
    assert all(fault.line for fault in refused.value.faults)
