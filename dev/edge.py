"""The gateway's two processes: Envoy, and the control plane that writes its configuration."""

from dev.plan import Town
from dev.steps import Step
from dev.supervisor import Supervisor


def steps(town: Town, supervisor: Supervisor) -> list[Step]:
    async def nothing() -> None:
        pass

    return [Step("edge", nothing)]
