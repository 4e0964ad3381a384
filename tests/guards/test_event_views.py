"""A consumer's view bounds every value it reads: a hostile one is a dead letter at once."""

from pydantic import BaseModel

from chassis.events import EventData
from chassis.json_values import JsonObject
from tests.guards.bounds import find_unbounded_in


def list_unbounded(view):
    schema = view.model_json_schema(mode="validation")
    return find_unbounded_in(schema, schema.get("$defs", {}))


def test_every_view_of_an_event_bounds_its_values(service):
    unbounded = [
        f"{consumer.name} {handler.view.event_type}{place}"
        for consumer in service.all_consumers
        for handler in consumer.handlers.values()
        for place in list_unbounded(handler.view)
    ]
    assert unbounded == []


def test_a_view_without_bounds_is_found():
    class Part(BaseModel):
        words: list[str]

    class View(EventData):
        number: int
        share: float
        part: Part
        free: JsonObject

    assert sorted(set(list_unbounded(View))) == [".number", ".part.words", ".part.words[]", ".share"]
