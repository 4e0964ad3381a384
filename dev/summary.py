"""What a newcomer is told once all runs: where things are, a key, and three lines to try."""

from pathlib import Path

from dev import state


def text(folder: Path, seconds: float) -> str:
    """The closing message; `folder` holds the town's state."""
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
        f"  Service     {sandbox['service']} (a council's service in one page, which signs people in)",
        f"  Upstream    {sandbox['upstream']} (One Login and staff directories, simulated: who they know)",
        f"  Clients     {folder / 'sandbox.json'} (operator, and each council's client and key)",
        f"  Logs        {folder / 'log'}/",
    ]
    for slug in list(councils)[:1]:
        lines += ["", f"Sandbox key of {slug}:", "", councils[slug]["api_key"], "", "Try:", ""]
        lines += [f"  {line}" for line in tries(gateway, slug, folder)]
    return "\n".join([*lines, ""])


def tries(gateway: str, slug: str, folder: Path) -> list[str]:
    """Three lines for a shell. They read the key from its file: it stays out of the history."""
    key = f'-H "X-Api-Key: $(cat {folder / f"{slug}.key"})"'
    address = f"{gateway}/{slug}/address"
    return [
        f"curl {key} '{address}/search/places/v1/postcode?postcode=BA1%201LJ'",
        f"curl {key} '{address}/v1/addresses?q=abbey%20green'",
        f"curl {key} '{address}/v1/addresses/907900000001'",
    ]
