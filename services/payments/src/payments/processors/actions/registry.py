"""The processors of this installation: each folder beside this module is one."""

import pkgutil
from collections.abc import Mapping
from functools import partial
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

from chassis.jobs import CallContext
from chassis.outbound import Outbound
from payments.gateway_accounts.rules import Traits
from payments.processors import actions
from payments.processors.actions.adapters import Adapter, AdapterContext
from payments.processors.actions.sealed_keys import read_credentials
from payments.processors.rules import Processor, ProcessorError
from payments.settings import Settings

if TYPE_CHECKING:
    from payments.processors.actions.gocardless import GoCardless


def find_adapters() -> Mapping[str, Adapter]:
    """Find the folders of processors, by name. Each has ``adapter``; nothing else names it."""
    return {
        module.name: import_module(f"{actions.__name__}.{module.name}").adapter
        for module in pkgutil.iter_modules(actions.__path__)
        if module.ispkg
    }


ADAPTERS = MappingProxyType(find_adapters())


def get_traits(name: str) -> Traits:
    """Get what a processor can do. Raises LookupError."""
    return ADAPTERS[name].traits


def list_traits() -> Mapping[str, Traits]:
    """List what every processor can do, by name."""
    return {name: adapter.traits for name, adapter in ADAPTERS.items()}


def settings_of(context: CallContext) -> Settings:
    """Get the settings of payments from a context, which has those of any service."""
    if not isinstance(context.settings, Settings):
        raise TypeError("these are not the settings of payments")
    return context.settings


def find_processor(context: CallContext, council: str, name: str) -> Processor | None:
    """Find a processor, for a council's accounts; None if this installation does not have it."""
    settings = settings_of(context)
    adapter = ADAPTERS.get(name)
    if adapter is None:
        return None
    reader = partial(read_credentials, context.database, settings, council)
    return adapter.make(AdapterContext(settings, context.share(Outbound), reader))


def get_processor(context: CallContext, council: str, name: str) -> Processor:
    """Get a processor, for a council's accounts. Raises ProcessorError if it is not installed."""
    processor = find_processor(context, council, name)
    if processor is None:
        raise ProcessorError(f"this installation has no processor {name}")
    return processor


def make_direct_debits(settings: Settings) -> "dict[str, GoCardless]":
    """Make the providers of Direct Debit, by mode; the sandbox has one only if a setting names it."""
    from payments.processors.actions.gocardless import GoCardless  # noqa: PLC0415 - it loads much code

    urls = {"sandbox": settings.sandbox_direct_debit_url, "live": settings.direct_debit_url}
    outbound = Outbound(settings)
    return {mode: GoCardless(outbound, url) for mode, url in urls.items() if url}
