"""The closing message of a start: where everything is, a key, and three commands to try."""

import shlex
from pathlib import Path

from dev import state


def text(folder: Path, seconds: float) -> str:
    """Write the message from the state in `folder`."""
    sandbox = state.read(folder / "sandbox.json")
    gateway, councils = sandbox["gateway"], sandbox["councils"]
    lines = [
        "",
        f"Townhall is ready ({seconds:.1f} s).",
        "",
        f"  Gateway     {gateway}",
        f"  Issuer      {gateway}/identity/.well-known/openid-configuration",
        f"  Councils    {', '.join(councils)}",
        *(f"  Sign in     {gateway}/identity/sign-in?council={slug}" for slug in list(councils)[:1]),
        f"  Service     {sandbox['service']} (a demonstration service, where residents sign in)",
        *(f"  Office      {gateway}/{slug}/payments/office" for slug in list(councils)[:1]),
        *(f"  Casework    {gateway}/{slug}/casework/office" for slug in list(councils)[:1]),
        *(f"  Maps        {gateway}/{slug}/mapping/office" for slug in list(councils)[:1]),
        *(f"  Residents   {gateway}/{slug}/services/" for slug in list(councils)[:1]),
        *(f"  Takings     {gateway}/{slug}/payments/office/takings" for slug in list(councils)[:1]),
        f"  Upstream    {sandbox['upstream']} (simulated GOV.UK One Login and staff directories)",
        f"  Clients     {folder / 'sandbox.json'} (clients and keys of the operator and the councils)",
        f"  Logs        {folder / 'log'}/",
    ]
    for slug in list(councils)[:1]:
        lines += ["", f"Sandbox key of {slug}:", "", councils[slug]["api_key"], "", "Try:", ""]
        lines += [f"  {command}" for command in example_commands(gateway, slug, folder)]
    return "\n".join([*lines, ""])


def example_commands(gateway: str, slug: str, folder: Path) -> list[str]:
    """Write three shell commands. They read the key from its file, to keep it out of the history."""
    key = f'-H "X-Api-Key: $(cat {shlex.quote(str(folder / f"{slug}.key"))})"'
    address = f"{gateway}/{slug}/address"
    return [
        f"curl {key} '{address}/search/places/v1/postcode?postcode=BA1%201LJ'",
        f"curl {key} '{address}/v1/addresses?q=abbey%20green'",
        f"curl {key} '{address}/v1/addresses/907900000001'",
    ]
