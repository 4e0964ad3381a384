"""Walks through a case type: random acts that the engine allows, and the way from there to an end."""

import random
from datetime import UTC, date, datetime, timedelta

from casework.case_types.rules.bound_types import bind
from casework.engine.rules.deadlines import LawOfTime
from casework.engine.rules.decision import decide
from casework.model.rules.acts import Act, ActKind, Actor, Context, Decision
from casework.model.rules.case_state import CaseState
from casework.model.rules.case_type import NEW, RESIDENT, SYSTEM
from casework.shared.days import LONDON, find_local_day

from .explorer import make_all_calendars

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
PEOPLE = ("ann", "ben", "cat", "dan")
MOST_TRIES = 4000
_LAST_DAY = date(2038, 1, 1)


class Walk:
    """A case that is walked through its type."""

    def __init__(self, case_type, nation, seed):
        self.bound, self.case_type = bind(case_type, nation, {}), case_type
        self.law, self.random = LawOfTime(make_all_calendars(nation)), random.Random(seed)
        self.state, self.now, self.log = CaseState(), START, []
        self.distances = measure_distances(case_type)

    @property
    def is_over(self):
        return self.state.state != NEW and self.case_type.states[self.state.state].end

    def wander(self, steps):
        """Do anything that is allowed, and let time pass."""
        for _ in range(steps):
            if self.random.random() < 0.25:
                self.pass_time()
            else:
                acts = self.list_acts()
                going_on = [act for act in acts if not self.may_end(act)]
                self.do_any(going_on if going_on and self.random.random() < 0.9 else acts)

    def may_end(self, act):
        kind, name, _ = act
        targets = self.case_type.actions[name].targets if kind is ActKind.ACTION else ()
        return any(self.case_type.states[target.state].end for target in targets)

    def go_to_end(self):
        """Do what leads nearer to an end, and else anything; say whether an end was reached."""
        for _ in range(MOST_TRIES):
            if self.is_over:
                return True
            nearer = [
                act for act in self.list_acts() if act[0] is ActKind.ACTION and self.leads_nearer(act[1])
            ]
            draw = self.random.random()
            if nearer and draw < 0.6:
                self.do_any(nearer)
            elif draw < 0.75:
                self.pass_time()
            else:
                self.do_any(self.list_acts())
        return False

    def leads_nearer(self, action):
        states = [target.state for target in self.case_type.actions[action].targets]
        distance = self.distances.get(self.state.state, 0)
        return any(self.distances.get(state, distance) < distance for state in states)

    def list_acts(self):
        """List what might be done: actions of this state, open tasks, payments."""
        actions = [
            each
            for each in self.case_type.actions.values()
            if self.state.state in each.sources and each.roles
        ]
        acts = [
            (ActKind.ACTION, action.id, result) for action in actions for result in action.results or ("",)
        ]
        for task, each in self.state.tasks.items():
            if each.status == "open":
                acts += [
                    (ActKind.TASK, task, outcome) for outcome in self.case_type.tasks[task].outcomes or ("",)
                ]
        if self.state.refund_due:
            acts.append((ActKind.REFUND, "refund", ""))
        if self.state.state != NEW:
            acts += [(ActKind.EVENT, reaction, "") for reaction in self.case_type.reactions]
        return acts

    def do_any(self, acts):
        """Try one of the acts; if there is none, let time pass."""
        if acts:
            self.do(*self.random.choice(acts))
        else:
            self.pass_time()

    def do(self, kind, name, choice):
        asks = self.case_type.actions[name].asks if kind is ActKind.ACTION else ()
        by = Actor(self.random.choice(PEOPLE), frozenset({RESIDENT, *self.case_type.roles}))
        act = Act(
            kind,
            name,
            self.now,
            by,
            fields={field: self.make_value(field) for field in asks if self.random.random() < 0.9},
            outcome=choice if kind is ActKind.TASK else "",
            result=choice if kind is ActKind.ACTION and len(self.case_type.actions[name].results) > 1 else "",
            data={
                "amount": max(self.state.charged - self.state.paid, 0) or 100,
                "refund_amount": self.state.refund_due,
            },
        )
        self.apply(act)

    def pass_time(self):
        """Go to an instant that something of the case turns on, or by some days; timers fire on the way."""
        instants = [
            due.at + timedelta(minutes=self.random.choice((-1, 0, 1)))
            for due in self.state.due_dates.values()
        ]
        days = [value for value in self.state.fields.values() if isinstance(value, str) and is_day(value)]
        instants += [datetime.fromisoformat(day).replace(tzinfo=LONDON) for day in days]
        instants.append(self.now + timedelta(days=self.random.choice((1, 3, 10, 40))))
        later = [instant for instant in instants if instant > self.now and instant.date() < _LAST_DAY]
        if later:
            self.fire_timers(self.random.choice(later))

    def fire_timers(self, until):
        dropped = set()
        while due := min(
            ((at, name) for name, at in self.state.timers.items() if at <= until and name not in dropped),
            default=None,
        ):
            self.now = max(self.now, due[0])
            if not self.apply(Act(ActKind.TIMER, due[1], self.now, Actor(SYSTEM, frozenset({SYSTEM})))):
                dropped.add(due[1])
        self.now = max(self.now, until)

    def apply(self, act):
        counts = {count: self.random.choice((0, 0, 1)) for count in self.case_type.counts}
        decision = decide(self.bound, self.state, act, Context(self.law, counts))
        if not isinstance(decision, Decision):
            return False
        assert CaseState.from_json(decision.state.to_json()) == decision.state
        self.state = decision.state
        self.log.append(f"{act.at:%Y-%m-%d %H:%M} {act.kind} {act.id} by {act.by.id}: {self.state.state}")
        return True

    def make_value(self, name):
        return self.make_value_of(self.case_type.fields[name].schema)

    def make_value_of(self, schema):
        if schema["type"] == "array":
            return [self.make_value_of(schema["items"])]
        if schema["type"] == "boolean":
            return self.random.random() < 0.5
        if schema["type"] == "integer":
            least, most = schema.get("minimum", 0), schema.get("maximum", 1000)
            return self.random.choice((least, min(least + 1, most), most, min(most, max(least, 10))))
        if "enum" in schema:
            return self.random.choice(schema["enum"])
        day = find_local_day(self.now) + timedelta(
            days=self.random.choice((-400, -30, -3, -1, 0, 1, 10, 20, 40, 400))
        )
        instant = datetime.combine(day, self.now.timetz())
        slot = f"01hzy3t8qk5v7m9x2c4b6n8p0r.{day:%Y%m%d}T0900Z"
        samples = {"date": day.isoformat(), "date-time": instant.isoformat(), "slot": slot}
        return samples.get(schema.get("format"), self.random.choice(("1", "2")))


def is_day(value):
    try:
        return bool(date.fromisoformat(value))
    except ValueError:
        return False


def measure_distances(case_type):
    """Measure how many actions each state is from an end."""
    distances = {name: 0 for name, state in case_type.states.items() if state.end}
    for distance in range(1, len(case_type.states) + 2):
        for action in case_type.actions.values():
            if any(distances.get(target.state) == distance - 1 for target in action.targets):
                for state in action.sources:
                    distances.setdefault(state, distance)
    return distances
