"""A small case type for tests of teams: an area, a role, and a second person."""

REPAIR = """
case_type: repair
version: "1.0"
name: Repair
nations: [england, scotland]
sources: [Local policy]
roles: {officer: Officer, manager: Manager, guardian: Guardian}
fields:
  ward: {label: Ward, max: 60}
  what: {label: What, max: 60}
states:
  open: {public: Open, staff: Open}
  checked: {public: Checked, staff: Checked}
  done: {public: Done, staff: Done, end: true}
actions:
  report: {name: Report, from: new, to: open, by: officer, asks: [ward, what]}
  move: {name: Move, from: [open, checked], by: officer, asks: [ward]}
  check: {name: Check, from: open, to: checked, by: officer}
  finish:
    name: Finish
    from: checked
    to: done
    by: [officer, manager]
    result: done
    guards: {other: {not_same_person_as: check, say: Somebody else must finish it.}}
  hush: {name: Hush, from: open, by: officer}
clocks:
  answer: {name: Answer, unit: working_days, length: 3, calendar: nation, basis: local_standard, source: Policy, verified: true, starts_on: open, stops_on: done}
results:
  done: {name: Done, retention: {months: 12, then: destroy, source: Policy}}
sub_cases:
  secret: {type: repair, on: hush, copies: {ward: ward}, restricted: guardian}
routing: ward
teams: {kind: ward, areas: {Castle: castle_team, E05000001: first_team}, otherwise: rest_team}
"""  # noqa: E501

WELSH = """
name: Atgyweirio
fields.ward.label: Ward
fields.what.label: Beth
states.open.public: Ar agor
states.checked.public: Wedi ei wirio
states.done.public: Wedi gorffen
actions.finish.guards.other.say: Rhaid i rywun arall ei orffen.
results.done.name: Wedi gorffen
"""
