"""Cases of a small type for the engine's tests."""

from datetime import UTC, datetime, timedelta
from functools import cache

from casework.case_types.actions.simulations import make_calendars
from casework.case_types.rules.bound_types import bind
from casework.documents.rules.scenarios import ScenarioDocument
from casework.engine.rules.deadlines import LawOfTime
from casework.engine.rules.decision import decide
from casework.language.rules.compilation import compile_case_type
from casework.model.rules.acts import Act, ActKind, Actor, Context, Decision, Refusal
from casework.model.rules.case_state import CaseState

START = datetime(2026, 3, 2, 10, tzinfo=UTC)

TYPE = """
case_type: permit
version: "1.0"
name: Permit
nations: [scotland]
sources: [Local policy]
roles: {officer: Officer, doctor: Doctor}
parameters:
  fee: {type: integer, name: Fee, unit: pence, default: 500, min: 0, max: 1000}
fields:
  name: {label: Name, max: 50}
  age: {label: Age, type: integer, min: 0, max: 150}
  proof: {label: Proof, format: file, evidence: {expires: proof_valid}}
  proof_day: {label: Day of the proof, format: date}
  old_case: {label: The case it follows, format: reference}
  score: {label: Score, type: integer}
  shown: {label: Shown, format: date}
  stamp: {label: Stamp, format: date-time}
states:
  applied: {public: Applied, staff: Applied, needs: [name]}
  checked: {public: Checked, staff: Checked}
  issued: {public: Issued, staff: Issued, end: true}
  refused: {public: Refused, staff: Refused, end: true}
actions:
  apply: {name: Apply, from: new, to: applied, by: [resident, officer], asks: [name, age, proof, proof_day, old_case], sets: {score: "1 + 1"}}
  renew_proof: {name: Renew, from: [applied, checked], by: officer, asks: [proof, proof_day]}
  pass_checks: {name: Pass, from: applied, to: checked, guards: {all: {tasks_done: [medical, identity], say: Checks are open.}}}
  fail_checks: {name: Fail, from: applied, to: refused, result: refused}
  pay: {name: Pay, from: [applied, checked]}
  issue:
    name: Issue
    from: checked
    to: issued
    by: officer
    result: issued
    guards:
      paid: {paid_in_full: true, say: Pay first.}
      proof: {evidence: proof, say: The proof has expired.}
      adult: {when: field.age >= 18, say: Adults only.}
  stamp_it: {name: Stamp, from: applied, by: officer, sets: {stamp: now}}
  show: {name: Show, from: applied, by: officer, sets: {shown: "field.name + ''"}}
  reopen: {name: Reopen, from: issued, to: applied, by: officer}
tasks:
  medical: {name: Medical, by: doctor, open_in: applied, outcomes: {fit: Fit, unfit: Unfit}, then: {fit: pass_checks, unfit: fail_checks}}
  identity: {name: Identity, by: officer, open_in: [applied]}
clocks:
  decide:
    name: Decide
    unit: working_days
    length: 10
    calendar: nation
    basis: local_standard
    source: Local policy
    verified: true
    starts_on: apply
    stops_on: [issued, refused]
  proof_valid:
    name: The proof counts
    unit: months
    length: 1
    calendar: none
    basis: local_standard
    source: Local policy
    verified: true
    starts_on: apply
    restarts_on: renew_proof
    starts_from: proof_day
    stops_on: [refused]
timers:
  warn: {clock: decide, before_hours: 48, notify: hurry}
  recheck: {clock: proof_valid, reopen: identity}
results:
  issued: {name: Issued, retention: {months: 12, then: destroy, source: Policy}}
  refused: {name: Refused, retention: {months: 12, then: destroy, source: Policy}}
notifications:
  hurry: {to: officer, subject: Hurry, body: "((name)) by ((due.decide)), ((reference))"}
links:
  renewal: {relation: follows, on: apply, reference: old_case}
sub_cases:
  visit: {type: visit, on: checked, copies: {who: name}, restricted: officer}
slots:
  interview: {pool: room, holds_on: apply, confirms_on: checked, releases_on: [refused]}
reactions:
  paid: {on: payments.payment.succeeded, do: pay, where: "data.reference == field.name", amount: data.amount}
fee: {amount: {parameter: fee}, on: apply, refunded_on: refused}
"""  # noqa: E501


@cache
def permit():
    return compile_case_type("permit.yaml", TYPE)


@cache
def context():
    scenario = ScenarioDocument.model_construct(nation="scotland", closures=[])
    room = {"room": "01hzy3t8qk5v7m9x2c4b6n8p0r.20270401T0900Z"}
    return Context(LawOfTime(make_calendars(scenario)), offered=room)


class Case:
    """A case that acts are done to."""

    def __init__(self, **parameters):
        self.bound = bind(permit(), "scotland", parameters)
        self.state = CaseState()
        self.at = START

    def act(self, name, by="officer ann", *, kind=ActKind.ACTION, after=timedelta(minutes=1), **rest):
        self.at += after
        actor = Actor(by, frozenset({by.partition(" ")[0]}))
        answer = decide(self.bound, self.state, Act(kind, name, self.at, actor, **rest), context())
        if isinstance(answer, Decision):
            self.state = answer.state
        return answer

    def task(self, name, by, **rest):
        return self.act(name, by, kind=ActKind.TASK, **rest)

    def apply(self, **fields):
        return self.act(
            "apply", "resident", fields={"name": "A", "proof": "f", "proof_day": "2026-03-02"} | fields
        )


def rules(answer):
    assert isinstance(answer, Refusal), answer
    return [reason.rule for reason in answer.reasons]
