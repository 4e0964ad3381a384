"""The sentences of an explanation, by key: a translation has the same keys and the same placeholders."""

from casework.clocks.rules.words import Unit

SENTENCES = {
    "not-started": "The clock has not started.",
    "start.forward": "The clock started on {day}.",
    "start.restarted": "The clock started again on {day}: what was counted before is over.",
    "start.backward": "The clock counts back from {day}.",
    "start.moment": "The clock started at {moment}.",
    "start.rolled": "{start} is not a working day, so the clock counts from {day}.",
    "first-day.day_after": "The first day that can count is the day after.",
    "first-day.before": "The first day that can count is the day before.",
    "first-day.inclusive": "That day is the first.",
    "count": "It counts {amount}{days}.",
    "count.clear": "It needs {amount} in between{days}: neither end counts.",
    "count.or-sooner": "If that ends sooner, it counts {amount}{days}.",
    "skipped.weekend": "{day} did not count: it is a weekend.",
    "skipped.bank_holiday": "{day} did not count: {name}, a bank holiday{where}.",
    "skipped.bank_holiday.forecast": "{day} did not count: {name}, expected to be a bank holiday{where}.",
    "skipped.christmas_day": "{day} did not count: it is Christmas Day.",
    "skipped.christmas_eve": "{day} did not count: 24 December is no working day in elections.",
    "skipped.closure": "{day} did not count: the council is closed, {name}.",
    "skipped.out_of_term": "{day} did not count: it is not in a school term.",
    "skipped.inset_day": "{day} did not count: it is an inset day.",
    "skipped.paused": "{day} did not count: the clock was paused{reason}.",
    "skipped.disregarded": "{day} did not count: it is disregarded{reason}.",
    "paused.hours": "The clock was paused from {begin} to {end}{reason}.",
    "extended.by": "It was extended by {amount}.",
    "extended.until": "It was extended by agreement until {day}.",
    "rolled.next_working_day": "{day} is {name}, so the last day is the next working day.",
    "rolled.previous_working_day": "{day} is {name}, so the last day is the working day before.",
    "due.day": "It is due by the end of {day}.",
    "due.moment": "It is due by {moment}.",
    "due.paused": "The clock is paused. If it went on now, it would be due by the end of {day}.",
    "due.provisional": "Bank holidays of that time are a forecast: the date may change.",
    "source.statute": "Law: {citation}.",
    "source.statutory_code": "Statutory code: {citation}.",
    "source.ombudsman_code": "Code of an ombudsman, not law: {citation}.",
    "source.guidance": "Guidance, not law: {citation}.",
    "source.local_standard": "The council's own standard, not law: {citation}.",
    "source.verified": "The rule was checked against its source.",
    "source.not-verified": "The rule was not checked against its source: check it before you rely on it.",
}

_NAMES = {
    Unit.HOURS: "hour",
    Unit.DAYS: "day",
    Unit.DAYS_EXCEPT_PUBLIC_HOLIDAYS: "day",
    Unit.WORKING_DAYS: "working day",
    Unit.SCHOOL_DAYS: "school day",
    Unit.WEEKS: "week",
    Unit.MONTHS: "month",
}


def name_unit(amount: int, unit: Unit) -> str:
    """Write an amount of a unit: 1 working day, 20 working days."""
    return f"{amount} {_NAMES[unit]}{'' if amount == 1 else 's'}"
