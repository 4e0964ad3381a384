"""Every contract made anew from the code."""

from dev.contracts import asyncapi, events, files, openapi, services


def texts() -> dict[str, str]:
    """The text of each contract by its path. Raises ValueError for an event without an example, and such."""
    every = services.every()
    documents = {f"openapi/{service.name}.json": openapi.document(service) for service in every}
    for service in every:
        for event in service.publishes:
            documents[f"events/{event.event_type}.json"] = events.document(event)
    documents["asyncapi.json"] = asyncapi.document(every)
    return {path: files.text(document) for path, document in sorted(documents.items())}


def generate() -> int:
    """Write what changed, and say what that was."""
    changed = files.write(texts())
    for path in changed:
        print(f"contracts/{path}")
    print(
        f"{len(changed)} of the contracts changed" if changed else "The contracts are as the code has them."
    )
    return 0
