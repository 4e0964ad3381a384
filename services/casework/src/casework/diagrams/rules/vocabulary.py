"""The words of a picture: for staff or for the public, in English or Welsh."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from casework.model.rules.case_type import RESIDENT, SYSTEM, BoundType
from casework.model.rules.clocks import Law, Quantity
from casework.shared.words import Words

Readers = Literal["staff", "public"]
Language = Literal["en", "cy"]

_LABELS = {
    "next": Words("What happens next?", "Beth sy'n digwydd nesaf?"),
    "new": Words("New case", "Achos newydd"),
    "resident": Words("Resident", "Preswylydd"),
    "system": Words("The service itself", "Y gwasanaeth ei hun"),
    "event": Words("When another service reports: {event}", "Pan fydd gwasanaeth arall yn adrodd: {event}"),
    "due": Words("By itself when this falls due: {clock}", "Ohono'i hun pan ddaw hyn yn ddyledus: {clock}"),
    "before": Words(
        "{n} hours before this falls due: {clock}", "{n} awr cyn i hyn ddod yn ddyledus: {clock}"
    ),
    "after": Words("{n} hours after this fell due: {clock}", "{n} awr ar ôl i hyn ddod yn ddyledus: {clock}"),
    "before_days": Words(
        "{n} days before this falls due: {clock}", "{n} diwrnod cyn i hyn ddod yn ddyledus: {clock}"
    ),
    "after_days": Words(
        "{n} days after this fell due: {clock}", "{n} diwrnod ar ôl i hyn ddod yn ddyledus: {clock}"
    ),
    "slot": Words("the time that was booked", "yr amser a drefnwyd"),
    "hold": Words("the end of the hold on a time", "diwedd y cadw ar amser"),
    "own_before_days": Words("{n} days before", "{n} diwrnod cyn hynny"),
    "own_after_days": Words("{n} days after", "{n} diwrnod wedi hynny"),
    "own_due": Words("When it falls due", "Pan ddaw'n ddyledus"),
    "own_before": Words("{n} hours before", "{n} awr cyn hynny"),
    "own_after": Words("{n} hours after", "{n} awr wedi hynny"),
    "on_outcome": Words("When the task ends so: {outcome}", "Pan ddaw'r dasg i ben felly: {outcome}"),
    "to": Words("Then: {state}", "Yna: {state}"),
    "if": Words("If {condition}: {state}", "Os {condition}: {state}"),
    "else": Words("Otherwise: {state}", "Fel arall: {state}"),
    "stays": Words("The case stays here", "Mae'r achos yn aros yma"),
    "task": Words("Task: {task}", "Tasg: {task}"),
    "starts_on": Words("Starts: {clock}", "Yn dechrau: {clock}"),
    "stops_on": Words("Ends: {clock}", "Yn gorffen: {clock}"),
    "pauses_on": Words("Pauses: {clock}", "Yn oedi: {clock}"),
    "resumes_on": Words("Resumes: {clock}", "Yn ailddechrau: {clock}"),
    "restarts_on": Words("Starts anew: {clock}", "Yn dechrau o'r newydd: {clock}"),
    "extends_on": Words("Extends: {clock}", "Yn ymestyn: {clock}"),
    "note": Words("Note {n}", "Nodyn {n}"),
    "notes": Words("Notes {n}", "Nodiadau {n}"),
    "conditions": Words("Notes: what must hold", "Nodiadau: yr hyn sy'n rhaid bod yn wir"),
    "deadlines": Words("Deadlines", "Terfynau amser"),
    "tells": Words("tells {role}: {subject}", "yn dweud wrth {role}: {subject}"),
    "does": Words("does: {action}", "yn gwneud: {action}"),
    "reopens": Words("opens the task again: {task}", "yn ailagor y dasg: {task}"),
    "verified": Words("checked against the law", "wedi'i wirio yn erbyn y gyfraith"),
    "unverified": Words("not checked yet", "heb ei wirio eto"),
    "summary": Words(
        "{states} states and {actions} actions. The same is written as a table.",
        "{states} cyflwr a {actions} gweithred. Mae'r un peth wedi'i ysgrifennu fel tabl.",
    ),
    "by_field": Words("depending on {field}", "yn dibynnu ar {field}"),
    "before_start": Words("back from its date", "yn ôl o'i ddyddiad"),
}
_UNITS = {
    "hours": Words("hours", "awr"),
    "days": Words("days", "diwrnod"),
    "days_except_public_holidays": Words("days without public holidays", "diwrnod heb wyliau cyhoeddus"),
    "working_days": Words("working days", "diwrnod gwaith"),
    "school_days": Words("school days", "diwrnod ysgol"),
    "weeks": Words("weeks", "wythnos"),
    "months": Words("months", "mis"),
}
_BASES = {
    "statute": Words("Law", "Y gyfraith"),
    "statutory_code": Words("Statutory code", "Cod statudol"),
    "ombudsman_code": Words("Ombudsman's code", "Cod yr ombwdsmon"),
    "guidance": Words("Guidance", "Canllawiau"),
    "local_standard": Words("The council's own standard", "Safon y cyngor ei hun"),
}


class Text(NamedTuple):
    """A text and the language it is in, as some words are in English only."""

    text: str
    language: Language = "en"


@dataclass(frozen=True, slots=True)
class Wording:
    """For whom a picture is, and in which language."""

    readers: Readers = "staff"
    language: Language = "en"

    def pick(self, words: Words) -> Text:
        """Pick a text in the language, or in English where there is no other."""
        if self.language == "cy" and words.cy:
            return Text(words.cy, "cy")
        return Text(words.en)

    def label(self, key: str, **values: object) -> Text:
        """Write one of the picture's own words."""
        return Text(_LABELS[key].pick(self.language).format(**values), self.language)

    def state(self, bound: BoundType, name: str) -> Text:
        """Name a state."""
        state = bound.case_type.states.get(name)
        if state is None:
            return self.label("new")
        return self.pick(state.staff if self.readers == "staff" else state.public)

    def role(self, bound: BoundType, name: str) -> Text:
        """Name a role."""
        if name in {RESIDENT, SYSTEM}:
            return self.label(name)
        return self.pick(bound.case_type.roles[name])

    def basis_name(self, law: Law) -> str:
        """Say what obliges the council."""
        return _BASES[law.basis].pick(self.language)

    def basis(self, law: Law) -> str:
        """Say what obliges the council, and where it is written."""
        text = f"{self.basis_name(law)}: {law.source}"
        if self.readers == "public" or law.basis == "local_standard":
            return text
        return f"{text} ({self.label('verified' if law.verified else 'unverified').text})"

    def length(self, bound: BoundType, law: Law) -> str:
        """Say how long a clock runs."""
        unit = _UNITS[law.unit].pick(self.language)
        text = f"{self._amount(bound, law.length)} {unit}"
        if law.direction == "backward":
            text += f" {self.label('before_start').text}"
        if law.length.by_field:
            field = self.pick(bound.case_type.fields[law.length.by_field].label).text
            text += f", {self.label('by_field', field=field[:1].lower() + field[1:].rstrip('?')).text}"
        return text

    def _amount(self, bound: BoundType, quantity: Quantity) -> str:
        if quantity.parameter:
            return str(bound.parameters[quantity.parameter])
        if quantity.by_field:
            amounts = dict.fromkeys(self._amount(bound, part) for part in quantity.table.values())
            return " / ".join(amounts)
        return str(quantity.number)
