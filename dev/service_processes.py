"""The processes of the services: web, worker, migrations, and their own commands."""

import sys

from dev.readiness import http_ready
from dev.stack import SERVICES, Stack, base_environment, database_url, service_environment
from dev.supervisor import Process


def web(stack: Stack, name: str) -> Process:
    """Describe a service's web process."""
    port = stack.ports.of(name)
    argv = _chassis("serve", name, "--port", str(port))
    return Process(name, argv, service_environment(stack, name), http_ready(port, "/health/ready"))


def worker(stack: Stack, name: str) -> Process:
    """Describe a service's worker: relay and consumers. Its port answers health and metrics alone."""
    process = f"{name}-worker"
    port = stack.ports.of(process)
    argv = _chassis("work", name, "--port", str(port))
    return Process(process, argv, service_environment(stack, name), http_ready(port, "/health/ready"))


def command(stack: Stack, process: str, service: str, *arguments: str) -> Process:
    """Describe one of a service's own commands; `process` names its log."""
    return Process(process, _chassis("run", service, *arguments), service_environment(stack, service))


def migrations(stack: Stack) -> Process:
    """Describe the process that migrates every service's database, as the owner of each."""
    owners = {
        f"{name.upper()}_MIGRATION_URL": database_url(stack, f"{name}_owner", name) for name in SERVICES
    }
    argv = [sys.executable, "-m", "dev.migrations", *SERVICES]
    return Process("migrations", argv, owners | base_environment())


def _chassis(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "chassis", *arguments]
