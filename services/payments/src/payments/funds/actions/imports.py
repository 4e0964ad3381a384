"""Import a whole set of council finance data: what the council has stays as it is, the rest is added."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy import Row, Table

from chassis import ids
from chassis.auth import Caller
from chassis.database import Session
from chassis.problems import FieldError, Problem
from payments.funds.actions import payment_methods, records, reference_rules, vat_codes
from payments.funds.rules.charts import SUSPENSE
from payments.funds.rules.validity import Period, is_taken
from payments.funds.schemas.imports import FinanceSet, Imported, ImportedFund, Nation
from payments.funds.store import rates as stored_rates
from payments.funds.store import records as store
from payments.funds.tables import fund, payment_method, reference_rule, vat_code
from payments.shared import days

_SUSPENSE_CODES = ("SP", "SUSPENSE", "SUSPENSE2")  # the first that is free on the day and after
_SYSTEM = "townhall"
Named = TypeVar("Named", bound=BaseModel)


async def import_set(session: Session, council: str, caller: Caller, body: FinanceSet) -> Imported:
    """Import a set. Raises Problem 400, 403, 409."""
    records.check_live(caller)
    return await apply_set(session, council, caller.subject, body, days.today())


async def apply_set(session: Session, council: str, subject: str, body: FinanceSet, today: date) -> Imported:
    """Add what the council does not have yet, all or nothing. Raises Problem 400, 409."""
    await store.lock_finance(session, council)
    finance_set = read_default(body.default) if body.default is not None else body
    added = {
        "vat_codes": await _add_vat_codes(session, council, subject, finance_set),
        "reference_rules": await _add_rules(session, council, subject, finance_set),
        "payment_methods": await _add_methods(session, council, subject, finance_set),
        "funds": await _add_funds(session, council, subject, finance_set, today),
    }
    existing = {name: len(getattr(finance_set, name)) - count for name, count in added.items()}
    return Imported(added=added, existing=existing)


async def add_suspense(session: Session, council: str, today: date) -> None:
    """Add a suspense fund, so that money the council takes is never lost."""
    default = read_default("england")
    codes = [code for code in default.vat_codes if code.treatment == SUSPENSE]
    fund_body = next(body for body in default.funds if body.kind == SUSPENSE)
    for code in _SUSPENSE_CODES:
        needed = FinanceSet(vat_codes=codes, funds=[fund_body.model_copy(update={"code": code})])
        if (await apply_set(session, council, _SYSTEM, needed, today)).added["funds"]:
            break


@cache
def read_default(nation: Nation) -> FinanceSet:
    """Read our set for a nation: one for all, with what differs there."""
    folder = resources.files("payments.funds") / "codelists"
    members = json.loads((folder / "default_set.json").read_text())
    differences: Mapping[str, Mapping[str, Any]] = members.pop("differences").get(nation, {})
    for item in members["funds"]:
        item.update(differences.get(item["code"], {}))
    return FinanceSet.model_validate(members)


async def _add_vat_codes(session: Session, council: str, subject: str, finance_set: FinanceSet) -> int:
    present = _index(await store.list_all(session, vat_code, council), "code")
    new = _pick_new("vat_codes", finance_set.vat_codes, "code", present)
    rows = [{**body.model_dump(exclude={"rates"}), "id": ids.new()} for body in new]
    await _insert(session, vat_code, council, subject, rows)
    rates = [
        rate
        for row, body in zip(rows, new, strict=True)
        for rate in vat_codes.to_rate_values(row["id"], body.rates)
    ]
    if rates:
        await stored_rates.insert_rates(session, council, rates)
    return len(rows)


async def _add_rules(session: Session, council: str, subject: str, finance_set: FinanceSet) -> int:
    present = _index(await store.list_all(session, reference_rule, council), "name")
    new = _pick_new("reference_rules", finance_set.reference_rules, "name", present)
    rows = [{**reference_rules.to_values(body), "id": ids.new()} for body in new]
    await _insert(session, reference_rule, council, subject, rows)
    return len(rows)


async def _add_methods(session: Session, council: str, subject: str, finance_set: FinanceSet) -> int:
    present = _index(await store.list_all(session, payment_method, council), "code")
    new = _pick_new("payment_methods", finance_set.payment_methods, "code", present)
    rows = [{**body.model_dump(), "id": ids.new()} for body in new]
    for number, row in enumerate(rows):
        payment_methods.check_amounts(row, f"body.payment_methods.{number}")
    await _insert(session, payment_method, council, subject, rows)
    return len(rows)


async def _add_funds(
    session: Session, council: str, subject: str, finance_set: FinanceSet, today: date
) -> int:
    codes = _index(await store.list_all(session, vat_code, council), "code")
    rules = _index(await store.list_all(session, reference_rule, council), "name")
    periods: dict[str, list[Period]] = {}
    for row in await store.list_all(session, fund, council):
        periods.setdefault(row.code, []).append(Period(row.valid_from, row.valid_to))
    rows = []
    for number, body in enumerate(finance_set.funds):
        period = Period(body.valid_from or today, body.valid_to)
        if not is_taken(period, periods.setdefault(body.code, [])):
            rows.append(_to_fund(body, period, codes, rules, f"body.funds.{number}"))
            periods[body.code].append(period)
    await _insert(session, fund, council, subject, rows)
    return len(rows)


def _to_fund(
    body: ImportedFund,
    period: Period,
    codes: Mapping[str, Row[Any]],
    rules: Mapping[str, Row[Any]],
    path: str,
) -> dict[str, Any]:
    """Give the columns of an imported fund. Raises Problem 400 for a name that nothing has."""
    faults = []
    if body.vat_code not in codes:
        faults.append((f"{path}.vat_code", "is no VAT code of the import or the council"))
    if body.reference_rule is not None and body.reference_rule not in rules:
        faults.append((f"{path}.reference_rule", "is no rule of the import or the council"))
    if body.kind == SUSPENSE and (body.reference_rule or body.max_amount):
        faults.append((f"{path}.kind", "takes any reference and amount: leave out both"))
    if period.last is not None and period.last < period.first:
        faults.append((f"{path}.valid_to", "is before valid_from"))
    if faults:
        raise _refuse(faults)
    return {
        **body.model_dump(),
        "id": ids.new(),
        "vat_code": codes[body.vat_code].id,
        "reference_rule": rules[body.reference_rule].id if body.reference_rule is not None else None,
        "valid_from": period.first,
        "valid_to": period.last,
    }


async def _insert(
    session: Session, table: Table, council: str, subject: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    if rows:
        await records.check_room(session, table, council, len(rows))
        stamp = records.stamp(subject)
        await store.insert_records(session, table, council, [{**row, **stamp} for row in rows])


def _index(rows: Iterable[Row[Any]], column: str) -> dict[str, Row[Any]]:
    """Index rows by code or name; of several, as after a merge of councils, the first that was added."""
    index: dict[str, Row[Any]] = {}
    for row in rows:
        index.setdefault(getattr(row, column), row)
    return index


def _pick_new(member: str, bodies: Sequence[Named], column: str, present: Mapping[str, Any]) -> list[Named]:
    """Pick those whose code or name the council does not have. Raises Problem 400 for one that is twice."""
    names = [getattr(body, column) for body in bodies]
    repeated = [number for number, name in enumerate(names) if name in names[:number]]
    if repeated:
        raise _refuse([(f"body.{member}.{number}.{column}", "is there twice") for number in repeated])
    return [body for body, name in zip(bodies, names, strict=True) if name not in present]


def _refuse(faults: Iterable[tuple[str, str]]) -> Problem:
    errors = [FieldError(field=path, message=message, code="not_possible") for path, message in faults]
    detail = f"Nothing was imported: {errors[0].field} {errors[0].message}."
    return Problem(400, "invalid-request", detail, errors=errors)
