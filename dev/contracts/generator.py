"""The contracts as the code makes them."""

from dev.contracts import asyncapi, events, files, openapi, services


def make_texts() -> dict[str, str]:
    """Make the text of each contract, by its path. Raises ValueError for an event without an example."""
    loaded = services.load_services()
    documents = {f"openapi/{service.name}.json": openapi.make_document(service) for service in loaded}
    for service in loaded:
        for event in service.publishes:
            documents[f"events/{event.event_type}.json"] = events.make_schema(event)
    documents["asyncapi.json"] = asyncapi.make_document(loaded)
    return {path: files.format_document(document) for path, document in sorted(documents.items())}


def generate_contracts() -> int:
    """Write the contracts that changed and list them; return 0."""
    changed = files.write_contracts(make_texts())
    for path in changed:
        print(f"contracts/{path}")
    print(f"{len(changed)} contracts changed" if changed else "The contracts match the code.")
    return 0
