"""The payments service, composed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

import payments.cash_office.tables
import payments.direct_debit.tables
import payments.e_returns.tables
import payments.funds.tables
import payments.gateway_accounts.tables
import payments.ledger.tables
import payments.office.tables
import payments.payments.tables
import payments.processors.tables
import payments.reconciliation.tables
import payments.retention.tables
import payments.search.tables  # noqa: F401 - the metadata hold the tables of every domain
from chassis.app import Service, create_app
from payments.cash_office.routes import bags as counter_bags
from payments.cash_office.routes import offices as counter_offices
from payments.cash_office.routes import receipts as counter_receipts
from payments.cash_office.routes import tills as counter_tills
from payments.checkout.actions.limits import CardLimits
from payments.checkout.routes import entry, moto_api, processor_page
from payments.checkout.routes import pages as card_pages
from payments.checkout.routes.visitor import pages
from payments.closes import routes as closes
from payments.closes.actions import writer as closes_writer
from payments.counter.routes import (
    bag_pages,
    credit_note_pages,
    e_return_pages,
    receipt_pages,
    till_pages,
)
from payments.direct_debit.actions import calls as direct_debit_calls
from payments.direct_debit.actions import provider_reads, service_users
from payments.direct_debit.routes import collections, mandates
from payments.direct_debit.routes import notifications as direct_debit_notifications
from payments.direct_debit.routes import pages as mandate_pages
from payments.disputes import routes as dispute_routes
from payments.disputes.actions import disputes
from payments.e_returns import routes as e_returns
from payments.events import PUBLISHED
from payments.finance_settings import routes as finance_settings
from payments.funds.actions import commands as fund_commands
from payments.funds.routes import funds, imports, payment_methods, reference_rules, vat_codes
from payments.gateway_accounts import routes as gateway_accounts
from payments.ledger.actions import audit_files, seals
from payments.links.routes import api as link_api
from payments.links.routes import pages as link_pages
from payments.notifications import routes as notification_routes
from payments.office.routes import (
    journal_pages,
    ledger_api,
    payment_pages,
    payments_api,
    request_pages,
    requests_api,
    taking_pages,
)
from payments.office.routes.access import sign_in
from payments.payments.actions import processor_calls
from payments.payments.actions.webhooks import webhooks
from payments.payments.routes import agreements, errors
from payments.payments.routes import payments as payment_routes
from payments.processors import routes as processor_routes
from payments.processors.actions import registration, registry
from payments.receipts.actions import messages
from payments.reconciliation.actions import fetches, reviews
from payments.reconciliation.routes import settlements, statements
from payments.refunds import actions as refunds
from payments.refunds import routes as refund_routes
from payments.retention import routes as retention_routes
from payments.retention.actions import erasures
from payments.search import routes as search_routes
from payments.search.actions import counts
from payments.settings import Settings
from payments.shared.link_maker import LinkMaker
from payments.shared.tables import metadata


@asynccontextmanager
async def _start(app: FastAPI) -> AsyncIterator[None]:
    app.state.links = LinkMaker(app.state.settings)
    app.state.card_limits = CardLimits(app.state.settings)
    app.state.processors = registry.list_traits()
    yield


service = Service(
    name="payments",
    title="Townhall Payments",
    settings=Settings,
    metadata=metadata,
    routers=[
        payment_routes.router,
        refund_routes.router,
        agreements.router,
        moto_api.router,
        dispute_routes.router,
        notification_routes.router,
        entry.router,
        link_api.router,
        link_pages.router,
        mandates.router,
        collections.router,
        mandate_pages.router,
        direct_debit_notifications.router,
        search_routes.router,
        card_pages.router,
        processor_page.router,
        funds.router,
        reference_rules.router,
        vat_codes.router,
        payment_methods.router,
        imports.router,
        gateway_accounts.router,
        payments_api.router,
        requests_api.router,
        payment_pages.router,
        request_pages.router,
        ledger_api.router,
        journal_pages.router,
        taking_pages.router,
        statements.router,
        settlements.router,
        closes.router,
        finance_settings.router,
        retention_routes.router,
        counter_offices.router,
        counter_tills.router,
        counter_receipts.router,
        counter_bags.router,
        e_returns.router,
        till_pages.router,
        receipt_pages.router,
        bag_pages.router,
        e_return_pages.router,
        credit_note_pages.router,
        processor_routes.router,
    ],
    publishes=PUBLISHED,
    jobs=[
        processor_calls.handlers,
        refunds.handlers,
        seals.handlers,
        counts.handlers,
        fetches.handlers,
        reviews.handlers,
        disputes.handlers,
        registration.handlers,
        closes_writer.handlers,
        erasures.handlers,
        service_users.handlers,
        direct_debit_calls.handlers,
        provider_reads.handlers,
    ],
    schedules=(
        *seals.schedules,
        *counts.schedules,
        *fetches.schedules,
        *reviews.schedules,
        *erasures.schedules,
        *provider_reads.schedules,
    ),
    shapes=errors.shapes,
    commands={
        "correct-counts": counts.correct_counts,
        "import-funds": fund_commands.import_funds,
        "export-ledger": audit_files.export_ledger,
        "verify-ledger": audit_files.verify_ledger,
        "ledger-key": audit_files.print_ledger_key,
    },
    audited=True,
    sign_in=sign_in,
    webhooks=webhooks,
    pages=pages,
    messages=messages,
    start=_start,
)


def create() -> FastAPI:
    """Create the ASGI application, for uvicorn's ``--factory``."""
    return create_app(service)
