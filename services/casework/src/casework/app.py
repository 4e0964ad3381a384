"""The casework service, composed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

import casework.attachments.tables
import casework.bookings.tables
import casework.calendar.tables
import casework.case_types.tables
import casework.cases.tables
import casework.disclosure.tables
import casework.holdings.tables
import casework.office.tables
import casework.open311.tables
import casework.performance.tables
import casework.retention.tables
import casework.seals.tables
import casework.teams.tables
import casework.word_index.tables  # noqa: F401 - the metadata hold the tables of every domain
from casework.attachments.actions import scans, submissions
from casework.attachments.routes import attachments, uploads
from casework.bookings import routes as bookings
from casework.bookings.actions import slots
from casework.calendar.actions.commands import proclaim_holiday
from casework.calendar.routes import calendars, closures, schools
from casework.case_types import routes as case_types
from casework.case_types.actions import simulations
from casework.case_types.actions.installation import install_case_types
from casework.caseload.actions import timed_acts
from casework.caseload.routes import bulk, contacts, notes, roles, tasks
from casework.cases.actions import reads
from casework.cases.actions.messages import messages
from casework.cases.routes import assignments, cases, splits
from casework.clocks import routes as clocks
from casework.colleagues import routes as colleagues
from casework.consumers import locations, payments, properties
from casework.diagrams import routes as diagrams
from casework.disclosure.actions import person_exports
from casework.disclosure.actions.council_exports import export_council, verify_export
from casework.disclosure.routes import break_glass
from casework.disclosure.routes import person_exports as person_export_routes
from casework.events import PUBLISHED
from casework.holdings import routes as holdings
from casework.office.routes import (
    act_pages,
    bulk_pages,
    case_pages,
    opening_pages,
    queue_pages,
    work_pages,
)
from casework.office.routes.access import pages, sign_in
from casework.open311 import consumers as open311_consumers
from casework.open311.routes import reports, updates
from casework.open311.routes import services as open311_services
from casework.open311.routes.responses import shape as open311_shape
from casework.overview.routes import figure_pages, type_pages
from casework.performance import routes as performance_routes
from casework.performance.actions import figures as performance
from casework.residents.actions.lookups import ResidentLimits
from casework.residents.routes import files as own_files
from casework.residents.routes import lookups, own_cases
from casework.retention.actions import disposals
from casework.retention.routes import disposals as disposal_routes
from casework.retention.routes import holds
from casework.seals import routes as seals
from casework.seals.actions import nightly_seals
from casework.seals.actions.history_files import export_history, print_seal_key, verify_history_file
from casework.seals.actions.verification import verify_history
from casework.search import routes as search
from casework.settings import Settings
from casework.shared.tables import metadata
from casework.teams import routes as teams
from casework.workloads import routes as workloads
from chassis.app import Service, create_app
from chassis.blobs import deletion


@asynccontextmanager
async def _start(app: FastAPI) -> AsyncIterator[None]:
    app.state.resident_limits = ResidentLimits(app.state.settings)
    yield


service = Service(
    name="casework",
    title="Townhall Casework",
    settings=Settings,
    metadata=metadata,
    routers=[
        bulk.router,
        search.router,
        teams.router,
        workloads.router,
        cases.router,
        contacts.router,
        splits.router,
        notes.router,
        assignments.router,
        roles.router,
        tasks.router,
        attachments.router,
        uploads.router,
        case_types.router,
        diagrams.router,
        performance_routes.router,
        calendars.router,
        closures.router,
        schools.router,
        clocks.router,
        bookings.router,
        holdings.router,
        open311_services.router,
        reports.router,
        updates.router,
        holds.router,
        disposal_routes.router,
        seals.router,
        break_glass.router,
        person_export_routes.router,
        own_cases.router,
        own_files.router,
        lookups.router,
        queue_pages.router,
        case_pages.router,
        act_pages.router,
        work_pages.router,
        bulk_pages.router,
        opening_pages.router,
        type_pages.router,
        figure_pages.router,
        colleagues.router,
    ],
    publishes=PUBLISHED,
    consumers=[payments, properties, locations, open311_consumers.reports],
    shapes=[open311_shape],
    jobs=[
        timed_acts.handlers,
        scans.handlers,
        submissions.handlers,
        deletion.handlers,
        disposals.handlers,
        nightly_seals.handlers,
        person_exports.handlers,
    ],
    commands={
        "proclaim-holiday": proclaim_holiday,
        "simulate": simulations.simulate,
        "write-schemas": simulations.write_schemas,
        "install-case-types": install_case_types,
        "verify-history": verify_history,
        "export-history": export_history,
        "verify-history-file": verify_history_file,
        "seal-key": print_seal_key,
        "export-council": export_council,
        "verify-export": verify_export,
    },
    purges=(
        *reads.purges,
        *performance.purges,
        *slots.PURGES,
        *submissions.PURGES,
        *person_exports.PURGES,
    ),
    schedules=nightly_seals.schedules,
    audited=True,
    start=_start,
    sign_in=sign_in,
    pages=pages,
    messages=messages,
)


def create() -> FastAPI:
    """Create the ASGI application, for uvicorn's ``--factory``."""
    return create_app(service)
