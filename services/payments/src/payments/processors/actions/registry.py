"""The processors of this installation."""

from collections.abc import Mapping

from chassis.outbound import Outbound
from payments.processors.actions.sandbox import SandboxProcessor
from payments.processors.rules import Processor, ProcessorError
from payments.settings import Settings


class Processors:
    """The processors by name. One for a process."""

    def __init__(self, processors: Mapping[str, Processor]) -> None:
        self._processors = processors

    def find(self, name: str) -> Processor | None:
        """Find a processor; None if this installation does not have it."""
        return self._processors.get(name)

    def get(self, name: str) -> Processor:
        """Get a processor. Raises ProcessorError if this installation does not have it."""
        if name not in self._processors:
            raise ProcessorError(f"this installation has no processor {name}")
        return self._processors[name]


def make_processors(settings: Settings) -> Processors:
    """Make the processors that the settings name."""
    processors: dict[str, Processor] = {}
    if settings.sandbox_processor_url:
        processors["sandbox"] = SandboxProcessor(Outbound(settings), settings.sandbox_processor_url)
    return Processors(processors)
