"""A small case type for tests of searches: fields for everybody, of a person, and of one role."""

NUISANCE = """
case_type: nuisance
version: "1.0"
name: Noise complaint
nations: [england, scotland]
sources: [Local policy]
roles: {officer: Officer, lawyer: Lawyer, guardian: Guardian}
fields:
  street: {label: Street, max: 100}
  plate: {label: Number plate, format: plate, max: 10}
  kinds: {label: Kinds, type: array, enum: [barking, music]}
  told_on: {label: Told on, format: date}
  who: {label: Who, max: 50, personal: true}
  advice: {label: Legal advice, max: 400, restricted: lawyer}
states:
  open: {public: Open, staff: Open}
  done: {public: Done, staff: Done, end: true}
actions:
  report: {name: Report, from: new, to: open, by: [resident, officer], asks: [street, plate, kinds, told_on, who]}
  advise: {name: Advise, from: open, by: lawyer, asks: [advice]}
  move: {name: Move, from: open, by: officer, asks: [street]}
  warn: {name: Warn, from: open, by: officer}
  finish: {name: Finish, from: open, to: done, by: [officer, guardian], result: done}
clocks:
  answer:
    name: Answer
    unit: working_days
    length: 10
    calendar: nation
    basis: local_standard
    source: Local policy
    verified: true
    starts_on: open
    stops_on: done
results:
  done: {name: Done, retention: {months: 12, then: destroy, source: Policy}}
sub_cases:
  warning: {type: nuisance, on: warn, copies: {street: street, who: who}, restricted: guardian}
duplicates: {types: [missed-bin], days: 14, metres: 60}
"""  # noqa: E501

WELSH = """
name: Cwyn sŵn
fields.street.label: Stryd
fields.plate.label: Plât
fields.kinds.label: Mathau
fields.told_on.label: Dyddiad
fields.who.label: Pwy
states.open.public: Ar agor
states.done.public: Wedi gorffen
actions.report.name: Rhoi gwybod
results.done.name: Wedi gorffen
"""
