"""Assembles the bundle of a merged recipe that was checked."""

from collections.abc import Mapping
from typing import Any

from apps.recipes.bundle import (
    Bundle,
    CouncilSettings,
    Decision,
    Fact,
    Fee,
    FeeLine,
    LaterAction,
    Option,
    Privacy,
    Question,
    Reaction,
    Setting,
    Stop,
    Text,
)
from apps.recipes.compile.prices import read_tariffs
from apps.recipes.compile.texts import Catalogue, translate
from apps.recipes.grammar.values import read_length, read_money
from apps.recipes.kinds.kinds import KINDS

LOCAL = "local"  # set by the merge at a question that only the council has


def assemble_bundle(content: Mapping[str, Any], catalogue: Catalogue, council: CouncilSettings) -> Bundle:
    """Assemble a bundle of a recipe's content, with the Welsh of its catalogue."""
    return _Assembler(content, catalogue).assemble(council)


def _listed(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list) else () if value is None else (value,)


class _Assembler:
    """Reads each part of a recipe's content."""

    def __init__(self, content: Mapping[str, Any], catalogue: Catalogue) -> None:
        self._content = content
        self._catalogue = catalogue

    def assemble(self, council: CouncilSettings) -> Bundle:
        content = self._content
        find_welsh = self._catalogue.get("find")
        return Bundle(
            service=content["recipe"].removeprefix("uk/"),
            version=content["version"],
            council=council,
            name=self._text("name", content["name"]),
            find=_listed(content["find"]),
            find_welsh=tuple(part.strip() for part in find_welsh.text.split(",")) if find_welsh else (),
            case=content.get("case", ""),
            settings={name: read_setting(value) for name, value in content.get("set", {}).items()},
            sign_in=content.get("sign_in", "offer"),
            delegates=content.get("delegates", "no"),
            facts=tuple(_read_fact(name, keys) for name, keys in content.get("facts", {}).items()),
            questions=tuple(self._question(name, keys) for name, keys in content["ask"].items()),
            stops=tuple(self._stop(name, keys) for name, keys in content.get("stop", {}).items()),
            grant=content.get("decide", {}).get("yes", ""),
            fee=self._fee(content["fee"]) if "fee" in content else None,
            reactions=tuple(self._reaction(name, keys) for name, keys in content.get("then", {}).items()),
            later=tuple(_read_later(name, keys) for name, keys in content.get("later", {}).items()),
            done=self._text("done", content["done"]),
            privacy=_read_privacy(content["privacy"]),
            team=content.get("team", ""),
            decided=Decision(**content["decided"]) if "decided" in content else None,
        )

    def _text(self, path: str, words: Any) -> Text:
        return translate(path, words, self._catalogue)

    def _optional_text(self, path: str, words: Any) -> Text | None:
        return None if words is None else self._text(path, words)

    def _question(self, name: str, keys: Mapping[str, Any]) -> Question:
        kind = KINDS[keys["is"]]
        path = f"ask.{name}"
        options = keys.get("options", {})
        return Question(
            id=name,
            kind=kind.id,
            label=self._text(path, keys["ask"]),
            hint=self._optional_text(f"{path}.hint", keys.get("hint")),
            why=self._optional_text(f"{path}.why", keys.get("why")),
            when=keys.get("when", ""),
            optional=keys.get("optional", False),
            confirm=keys.get("known", ""),
            options=tuple(
                Option(value, self._text(f"{path}.options.{value}", words))
                for value, words in options.items()
            ),
            options_from=keys.get("from", "") if kind.options or kind.id == "slot" else "",
            restricted=keys.get("restricted", ""),
            local=keys.get(LOCAL, False),
            bounds={
                bound: _read_bound(kind.bounds[bound], keys[bound]) for bound in kind.bounds if bound in keys
            },
        )

    def _stop(self, name: str, keys: Mapping[str, Any]) -> Stop:
        return Stop(
            id=name,
            when=keys["when"],
            words=self._text(f"stop.{name}", keys["say"]),
            offer=keys.get("offer", ""),
            go_on=self._optional_text(f"stop.{name}.go_on", keys.get("go_on")),
            law=keys.get("law", False),
        )

    def _fee(self, fee: Mapping[str, Any]) -> Fee:
        lines = (
            FeeLine(
                id=name,
                name=self._text(f"fee.lines.{name}", keys["for"]),
                tariffs=read_tariffs(keys["price"]),
                by=keys.get("by", ""),
                times=str(keys.get("times", "")),
                when=keys.get("when", ""),
                vat=keys.get("vat", ""),
            )
            for name, keys in fee["lines"].items()
        )
        return Fee(fee["fund"], fee["when"], tuple(lines))

    def _reaction(self, name: str, keys: Mapping[str, Any]) -> Reaction:
        return Reaction(name, keys.get("do", ""), self._optional_text(f"then.{name}", keys.get("tell")))


def _read_fact(name: str, keys: Mapping[str, Any]) -> Fact:
    settings = {key: value for key, value in keys.items() if key not in {"from", "of", "down"}}
    return Fact(name, keys["from"], _listed(keys["of"]), keys["down"], settings)


def _read_later(name: str, keys: Mapping[str, Any]) -> LaterAction:
    words = {key: str(keys.get(key, "")) for key in ("fee", "refund", "less", "within")}
    return LaterAction(id=name, questions=_listed(keys.get("ask")), starts=str(keys.get("from", "")), **words)


def read_setting(value: Any) -> Setting:
    """Read what a recipe sets: money in pence, a length by its unit, a number, or words."""
    text = str(value)
    if isinstance(value, int):
        return Setting(text, value, "")
    if (pence := read_money(value)) is not None:
        return Setting(text, pence, "pence")
    length = read_length(value)
    return Setting(text, *length) if length else Setting(text, None, "")


def _read_bound(kind: str, value: Any) -> int | str:
    return (read_money(value) or 0) if kind == "money" else value


def _read_privacy(keys: Mapping[str, Any]) -> Privacy:
    return Privacy(keys["basis"], keys["law"], dict(keys.get("keep", {})))
