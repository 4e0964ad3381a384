from chassis import council_events
from identity.app import service
from identity.consumers import CONSUMERS
from identity.events import CouncilChanged, CouncilCreated, TokenRevoked


def test_identity_waits_for_no_other_capability():
    assert CONSUMERS == ()
    assert list(service.all_consumers) == []


def test_what_others_read_of_our_events_is_in_our_examples():
    views = {view.view.event_type: view.view for view in council_events.councils.handlers.values()}
    for event in (CouncilCreated, CouncilChanged, TokenRevoked):
        example = event.model_validate(event.event_example)
        assert views[event.event_type].model_validate(example.model_dump(mode="json"))
    assert len(views) == 3
