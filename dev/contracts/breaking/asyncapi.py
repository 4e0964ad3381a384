"""Two AsyncAPI 3.0 documents compared: channels, their addresses, who publishes what on them."""

from collections.abc import Iterator, Mapping
from typing import Any

from dev.contracts.breaking.finding import Break, Finding
from dev.contracts.breaking.paths import places, shape

Root = Mapping[str, Any]


def compare(file: str, old: Root, new: Root) -> Iterator[Finding]:
    """What of the new document would break a subscriber who knows the old one.

    Payloads are in files of their own. What a service of ours receives is its own affair.
    """
    for one in _breaks(old, new):
        yield Finding(one.rule, file, "", one.where, one.detail)


def _breaks(old: Root, new: Root) -> Iterator[Break]:
    for name in old.get("servers", {}):
        if name not in new.get("servers", {}):
            yield Break("server-removed", f"servers.{name}", "the server is not named any more")
    for name, channel in old.get("channels", {}).items():
        later = new.get("channels", {}).get(name)
        if later is None:
            yield Break("channel-removed", f"channels.{name}", "the channel is gone")
            continue
        for one in _channel(old, new, channel, later):
            yield one.below(f"channels.{name}")
    published = set(_published(new))
    for channel_ref in sorted(set(_published(old)) - published):
        yield Break("publication-removed", channel_ref, "nothing publishes there any more")


def _channel(old_root: Root, new_root: Root, old: Root, new: Root) -> Iterator[Break]:
    if shape(old["address"]) != shape(new["address"]):
        yield Break("channel-address-changed", "address", f"{old['address']} is now {new['address']}")
    for place, other in zip(places(old["address"]), places(new["address"]), strict=False):
        values = old.get("parameters", {}).get(place, {}).get("enum", [])
        if values and not set(new.get("parameters", {}).get(other, {}).get("enum", values)) <= set(values):
            yield Break("channel-address-changed", f"parameters.{place}", "has values it did not have")
    for name, message in old.get("messages", {}).items():
        later = new.get("messages", {}).get(name)
        if later is None:
            yield Break("message-removed", f"messages.{name}", "the message is gone from the channel")
        elif _said(old_root, message) != _said(new_root, later):
            yield Break("message-changed", f"messages.{name}", "another payload or media type")


def _said(root: Root, message: Root) -> tuple[Any, ...]:
    """What a subscriber must know to read the message."""
    while "$ref" in message:
        here: Any = root
        for step in message["$ref"].removeprefix("#/").split("/"):
            here = here[step.replace("~1", "/").replace("~0", "~")]
        message = here
    media = message.get("contentType", root.get("defaultContentType"))
    return message.get("payload"), message.get("headers"), media


def _published(root: Root) -> Iterator[str]:
    for operation in root.get("operations", {}).values():
        if operation["action"] == "send":
            yield operation["channel"]["$ref"]
