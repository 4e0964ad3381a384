"""What a case charges, what it gives back, and what can never be."""

import functools
import json
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.case_types.actions.library import find_files
from casework.case_types.actions.simulations import play_scenarios
from casework.case_types.rules.bound_types import bind
from casework.engine.rules.decision import decide
from casework.engine.rules.money import list_unpaid
from casework.language.rules.compilation import compile_case_type
from casework.model.rules.acts import Act, ActKind, Actor, Decision
from casework.model.rules.case_state import CaseState, ChargedLine
from casework.shared.days import LONDON
from casework.shared.faults import CaseTypeError

from .cases import context, rules

ALLOTMENT = Path(__file__).parents[1] / "case_types" / "samples" / "allotment.yaml"
TABLE = "amount: {by_field: extras, table: {shed: {parameter: shed}, water: 700}}"
FORMULA = next(line.strip() for line in ALLOTMENT.read_text().splitlines() if "formula:" in line)
UNUSED = "unused: {on: give_up, months_left_of: renewal, of: {parameter: small}, less: {parameter: kept}}"
APPLY = {"name": "A", "size": "small", "concession": False, "from_day": "2026-04-01"}


@functools.cache
def allotment(old="", new=""):
    text = ALLOTMENT.read_text()
    assert old in text
    if new == TABLE:  # and nothing reads the other price
        text = "\n".join(line for line in text.splitlines() if not line.startswith("  large: {type"))
    return bind(compile_case_type("allotment.yaml", text.replace(old, new) if old else text), "scotland", {})


def test_the_scenarios_of_the_sample_hold():
    assert [str(fault) for fault in play_scenarios(find_files(str(ALLOTMENT)), "", lambda _: None)] == []


class Plot:
    def __init__(self, bound):
        self.bound, self.state, self.at = bound, CaseState(), date(2026, 3, 2)

    def act(self, name, day=None, *, kind=ActKind.ACTION, by="officer", **rest):
        self.at = day or self.at
        at = datetime.combine(self.at, time(10), LONDON)
        answer = decide(
            self.bound, self.state, Act(kind, name, at, Actor("a", frozenset({by})), **rest), context()
        )
        if isinstance(answer, Decision):
            self.state = answer.state
        return answer

    def let(self, pence=4000, **fields):
        self.act("apply", fields=APPLY | fields)
        return self.act("rent_paid", kind=ActKind.EVENT, by="system", data={"amount": pence})


@pytest.mark.parametrize(
    ("extras", "charged"), [([], 0), (["water"], 700), (["shed", "water", "shed"], 3700)]
)
def test_a_table_over_several_choices_charges_each_of_them(extras, charged):
    plot = Plot(allotment(FORMULA, TABLE))
    plot.act("apply", fields=APPLY | {"extras": extras})
    assert plot.state.charged == charged


def test_a_fee_that_cannot_be_worked_out_refuses_the_act_instead_of_charging_nothing():
    plot = Plot(allotment(FORMULA, TABLE))
    assert rules(plot.act("apply", fields=APPLY)) == ["fee.amount"]


def test_a_formula_below_nothing_refuses_the_act():
    plot = Plot(allotment("(field.concession ? 2 : 1)", "(field.concession ? 0 - 2 : 1)"))
    assert rules(plot.act("apply", fields=APPLY | {"concession": True})) == ["fee.amount"]


def test_a_formula_that_divides_by_nothing_refuses_the_act():
    plot = Plot(allotment("(field.concession ? 2 : 1)", "(field.concession ? 0 : 1)"))
    assert rules(plot.act("apply", fields=APPLY | {"concession": True})) == ["fee.amount"]


LINES = """fund: {parameter: fund}
  lines:
    plot: {name: Plot, formula: "field.size == 'large' ? parameter.large : parameter.small"}
    shed: {name: Shed, amount: {parameter: shed}, when: action == 'add_shed', fund: SHEDS}"""
TEXTS = """parameters:
  fund: {type: string, name: Fund, default: LAND}"""


@functools.cache
def allotment_by_lines(**parameters):
    text = ALLOTMENT.read_text().replace(FORMULA, LINES).replace("parameters:", TEXTS, 1)
    return bind(compile_case_type("allotment.yaml", text), "scotland", parameters)


def test_a_fee_has_lines_with_their_funds_and_what_is_paid_is_no_longer_due():
    plot = Plot(allotment_by_lines())
    plot.act("apply", fields=APPLY)
    small = plot.state.charged
    assert plot.state.fee_lines == (("plot", "LAND", "", "Plot", "", small),)
    plot.act("rent_paid", kind=ActKind.EVENT, by="system", data={"amount": small - 100})
    due = list_unpaid(plot.state.fee_lines, plot.state.charged - plot.state.paid)
    assert [(line.line, line.pence) for line in due] == [("plot", 100)]
    assert CaseState.from_json(json.loads(json.dumps(plot.state.to_json()))) == plot.state


LINE = ChargedLine("", "", "", "", "", 0)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(1, 10**5), min_size=1, max_size=6), st.integers(0, 10**6))
def test_lines_that_are_unpaid_sum_to_what_is_due(pence, due):
    lines = [LINE._replace(line=str(n), pence=each) for n, each in enumerate(pence)]
    unpaid = list_unpaid(lines, due)
    assert sum(line.pence for line in unpaid) == due
    assert all(line.pence > 0 for line in unpaid)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 500), st.sampled_from(["days_left_of", "months_left_of"]), st.integers(1, 10**6))
def test_a_share_lies_within_what_was_paid_and_shrinks_day_by_day(after, share, paid):
    bound = allotment(
        UNUSED,
        f"unused: {{on: give_up, {share}: renewal, of: {{parameter: small}}, less: {{parameter: kept}}}}",
    )
    refunds = []
    for day in (after, after + 1):
        plot = Plot(bound)
        plot.let()
        plot.state = replace(plot.state, paid=paid, charged=paid)
        decision = plot.act("give_up", date(2026, 3, 20) + timedelta(days=day))
        assert plot.state.paid + decision.refund == paid
        assert plot.state.refund_due == decision.refund
        refunds.append(decision.refund)
    assert paid >= refunds[0] >= refunds[1] >= 0


@pytest.mark.parametrize(
    ("day", "refund"),
    [
        ("2026-03-01", 3500),
        ("2026-04-01", 3489),
        ("2026-04-02", 3478),
        ("2026-09-30", 1494),
        ("2027-03-30", 0),
        ("2027-06-01", 0),
    ],
)
def test_days_left_are_those_of_law_over_both_changes_of_the_clock(day, refund):
    plot = Plot(
        allotment(
            UNUSED,
            "unused: {on: give_up, days_left_of: renewal, of: {parameter: small}, less: {parameter: kept}}",
        )
    )
    plot.let()
    plot.at = date(2026, 3, 20)
    assert plot.act("give_up", max(date.fromisoformat(day), plot.at)).refund == refund


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("all: true}", "all: true, amount: 5}", "fee.refunds.cooling_off: a refund has exactly one of"),
        ("months_left_of: renewal", "months_left_of: renewl", "Did you mean renewal?"),
        ("of: {parameter: small}, ", "", "all periods together are paid"),
        ("less: {parameter: kept}", "less: {parameter: kpet}", "there is no integer parameter kpet"),
        ("  formula: ", "  amount: 5\n  formula: ", "fee: a fee has exactly one of: amount, formula, lines."),
        ("action == 'add_shed'", "acton == 'add_shed'", "fee.formula: at character 1"),
        ("parameter.shed :", "'shed' :", "fee.formula: at character"),
        (FORMULA, "formula: parameter.shed > 2", "it is bool, and integer is needed"),
        ("on: give_up, months", "on: give_upp, months", "fee.refunds.unused.on: there is no action give_upp"),
    ],
)
def test_a_planted_fault_of_the_fee_is_named(old, new, message):
    with pytest.raises(CaseTypeError) as refused:
        allotment(old, new)
    assert any(message in str(fault) for fault in refused.value.faults), refused.value
