"""The sandbox's processor: the simulator."""

from payments.gateway_accounts.rules import Traits
from payments.processors.actions.adapters import Adapter, AdapterContext
from payments.processors.actions.sandbox.processor import SandboxProcessor
from payments.processors.rules import Processor


def _make(context: AdapterContext) -> Processor | None:
    url = context.settings.sandbox_processor_url
    return SandboxProcessor(context.outbound, url) if url else None


adapter = Adapter(Traits(), _make)
