"""Two small case types for tests of what follows from decisions; they have no Welsh a resident reads."""

PERMIT = """
case_type: permit
version: "1.0"
name: Permit
nations: [england, scotland]
sources: [Local policy]
roles: {officer: Officer, doctor: Doctor, guardian: Guardian}
fields:
  name: {label: Name, max: 50, personal: true}
  kind: {label: Kind, max: 20}
  old_case: {label: The case it follows, format: reference}
  same_case: {label: The same case, format: reference}
  other_case: {label: The same case once more, format: reference}
states:
  applied: {public: Applied, staff: Applied, needs: [name]}
  paid: {public: Paid, staff: Paid}
  issued: {public: Issued, staff: Issued, end: true}
  joined: {public: With your other case, staff: Merged, end: true}
actions:
  apply: {name: Apply, from: new, to: applied, by: [resident, officer], asks: [name, kind, old_case]}
  receive_fee: {name: Fee, from: applied, to: paid, by: officer, guards: {paid: {paid_in_full: true, say: Pay all of it first.}}}
  issue: {name: Issue, from: [applied, paid], to: issued, by: officer, result: issued}
  reopen: {name: Reopen, from: issued, to: applied, by: officer}
  follow: {name: Follow, from: [applied, paid], by: officer, asks: [old_case]}
  merge: {name: Merge, from: [applied, paid], to: joined, by: officer, asks: [same_case, other_case], result: joined}
  visit: {name: Visit, from: [applied, paid], by: officer}
  give_back: {name: Give back, from: paid, by: officer}
  worry: {name: Worry, from: [applied, paid], by: officer}
  inspect: {name: Inspect, from: [applied, paid], by: officer}
  receive_deposit: {name: Deposit, from: [applied, paid], by: officer}
tasks:
  medical: {name: Medical, by: doctor, open_in: applied, outcomes: {fit: Fit, unfit: Unfit}}
clocks:
  decide:
    name: Decide
    unit: working_days
    length: 10
    calendar: nation
    basis: local_standard
    source: Local policy
    verified: true
    starts_on: applied
    stops_on: issued
results:
  issued: {name: Issued, retention: {months: 12, then: destroy, source: Policy}}
  joined: {name: Merged, retention: {months: 12, then: destroy, source: Policy}}
notifications:
  received: {to: resident, on: apply, subject: "Your permit ((reference))", body: "Dear ((name)), ((council)) decides by ((due.decide))."}
  chase: {to: officer, on: apply, subject: "Permit ((reference))", body: "It is new."}
links:
  follows: {relation: follows, on: [apply, follow], reference: old_case}
  same: {relation: duplicate_of, on: merge, reference: same_case, merge: true}
  same_too: {relation: about, on: merge, reference: other_case, merge: true}
sub_cases:
  visit: {type: visit, on: visit, copies: {who: name}}
  worry: {type: visit, on: worry, copies: {who: name}, restricted: guardian}
  lost: {type: inspection, on: [inspect, receive_deposit], copies: {who: name}}
reactions:
  paid: {on: payments.payment.succeeded, do: receive_fee, amount: data.amount}
  deposit: {on: payments.payment.settled, do: receive_deposit, where: data.amount == 120, amount: data.amount}
  failed: {on: payments.payment.failed, do: visit, where: "data.code == 'P0010'"}
fee: {amount: 500, on: apply, refunds: {part: {on: give_back, amount: 200}}}
"""  # noqa: E501

WELSH = """
name: Trwydded
fields.name.label: Enw
fields.kind.label: Math
fields.old_case.label: Yr achos blaenorol
fields.same_case.label: Yr un achos
states.applied.public: Wedi gwneud cais
states.paid.public: Wedi talu
states.issued.public: Wedi ei rhoi
states.joined.public: Gyda'ch achos arall
actions.apply.name: Gwneud cais
actions.receive_fee.guards.paid.say: Talwch y cyfan yn gyntaf.
results.issued.name: Wedi ei rhoi
results.joined.name: Wedi ei huno
notifications.received.subject: Eich trwydded ((reference))
notifications.received.body: Annwyl ((name)), bydd ((council)) yn penderfynu erbyn ((due.decide)).
"""

VISIT = """
case_type: visit
version: "1.0"
name: Visit
nations: [england, scotland]
sources: [Local policy]
roles: {officer: Officer, guardian: Guardian}
fields:
  who: {label: Who, max: 50, personal: true}
states:
  planned: {public: Planned, staff: Planned}
  done: {public: Done, staff: Done, end: true}
actions:
  plan: {name: Plan, from: new, to: planned, by: officer, asks: [who]}
  finish: {name: Finish, from: planned, to: done, by: [officer, guardian], result: done}
results:
  done: {name: Done, retention: {months: 12, then: destroy, source: Policy}}
clocks:
  go:
    name: Go there
    unit: working_days
    length: 5
    calendar: nation
    basis: local_standard
    source: Local policy
    verified: true
    starts_on: planned
    stops_on: done
"""
VISIT_WELSH = """
name: Ymweliad
fields.who.label: Pwy
states.planned.public: Wedi ei drefnu
states.done.public: Wedi ei wneud
results.done.name: Wedi ei wneud
"""
