"""Two AsyncAPI 3.0 documents compared: channels, their addresses, who publishes what on them."""

from collections.abc import Iterator, Mapping
from typing import Any

from dev.contracts.compatibility.documents import Document
from dev.contracts.compatibility.findings import BreakingChange, Finding
from dev.contracts.compatibility.paths import erase_names, list_names

Node = Mapping[str, Any]


def compare_documents(file: str, old: Node, new: Node) -> Iterator[Finding]:
    """Find what of the new document would break a subscriber who knows the old one.

    Payloads are in files of their own. What our own services receive concerns no subscriber.
    """
    for change in _compare_roots(Document(old), Document(new)):
        yield Finding(change.rule, file, "", change.location, change.detail)


def _compare_roots(old: Document, new: Document) -> Iterator[BreakingChange]:
    for name in old.root.get("servers", {}):
        if name not in new.root.get("servers", {}):
            yield BreakingChange("server-removed", f"servers.{name}", "the server is not named any more")
    channels = new.root.get("channels", {})
    for name, channel in old.root.get("channels", {}).items():
        if name not in channels:
            yield BreakingChange("channel-removed", f"channels.{name}", "the channel is gone")
            continue
        for change in (*_compare_addresses(channel, channels[name]), *_compare_messages(old, new, name)):
            yield change.move_below(f"channels.{name}")
    for channel_ref in sorted(_list_published(old) - _list_published(new)):
        yield BreakingChange("publication-removed", channel_ref, "nothing publishes there any more")


def _compare_addresses(old: Node, new: Node) -> Iterator[BreakingChange]:
    if erase_names(old["address"]) != erase_names(new["address"]):
        yield BreakingChange(
            "channel-address-changed", "address", f"{old['address']} is now {new['address']}"
        )
    for name, new_name in zip(list_names(old["address"]), list_names(new["address"]), strict=False):
        values = old.get("parameters", {}).get(name, {}).get("enum", [])
        if values and not set(new.get("parameters", {}).get(new_name, {}).get("enum", values)) <= set(values):
            yield BreakingChange(
                "channel-address-changed", f"parameters.{name}", "has values it did not have"
            )


def _compare_messages(old: Document, new: Document, channel: str) -> Iterator[BreakingChange]:
    messages = new.root["channels"][channel].get("messages", {})
    for name, message in old.root["channels"][channel].get("messages", {}).items():
        if name not in messages:
            yield BreakingChange(
                "message-removed", f"messages.{name}", "the message is gone from the channel"
            )
        elif _describe_message(old, message) != _describe_message(new, messages[name]):
            yield BreakingChange("message-changed", f"messages.{name}", "another payload or media type")


def _describe_message(document: Document, reference: Node) -> tuple[Any, ...]:
    """Collect what a subscriber must know to read the message."""
    message = document.follow(reference)
    media_type = message.get("contentType", document.root.get("defaultContentType"))
    return message.get("payload"), message.get("headers"), media_type


def _list_published(document: Document) -> set[str]:
    operations = document.root.get("operations", {}).values()
    return {operation["channel"]["$ref"] for operation in operations if operation["action"] == "send"}
