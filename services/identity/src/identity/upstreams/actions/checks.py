"""A look at an upstream's provider now, so that whoever registers it sees what is wrong before people do."""

from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Literal

from identity.upstreams.actions.providers import AwayError, Providers
from identity.upstreams.rules import metadata
from identity.upstreams.rules import registration as rules
from identity.upstreams.rules.metadata import Keys
from identity.upstreams.schemas import Upstream, UpstreamCheck, UpstreamFinding

Item = Literal["jwks", "did"]


async def check(providers: Providers, upstream: Upstream) -> UpstreamCheck:
    """What is there and what is wrong, item by item. It takes seconds: no transaction may be open.

    ``providers`` keeps nothing from before, so that what is found is how it stands.
    """
    findings = await _published(providers, upstream)
    if (did := upstream.did_url) is not None:
        findings.append(await _keys("did", did, providers.document(did)))
    if upstream.authentication == rules.KEY:
        findings.append(_own_key(upstream))
    right = all(one.right for one in findings)
    return UpstreamCheck(right=right, findings=findings, checked_at=datetime.now(UTC))


async def _published(providers: Providers, upstream: Upstream) -> list[UpstreamFinding]:
    """The discovery document and, if it will do, the keys it names."""
    url = metadata.discovery_url(upstream.issuer)
    try:
        provider = await providers.describe(upstream.issuer)
    except AwayError as error:
        return [UpstreamFinding(item="discovery", url=url, right=False, message=str(error))]
    named = "with iss (RFC 9207)" if provider.sends_issuer else "without iss (RFC 9207)"
    message = f"describes {provider.issuer}; it answers {named}"
    return [
        UpstreamFinding(item="discovery", url=url, right=True, message=message),
        await _keys("jwks", provider.jwks_uri, providers.keys(provider.jwks_uri)),
    ]


async def _keys(item: Item, url: str, reading: Awaitable[Keys]) -> UpstreamFinding:
    try:
        found = await reading
    except AwayError as error:
        return UpstreamFinding(item=item, url=url, right=False, message=str(error))
    return UpstreamFinding(item=item, url=url, right=True, message=f"has {len(found)} keys that can be used")


def _own_key(upstream: Upstream) -> UpstreamFinding:
    now = datetime.now(UTC)
    signing = [key.kid for key in upstream.keys if key.signs_from <= now]
    message = (
        f"key {signing[-1]} signs; the provider must know this URL" if signing else "no key signs: make one"
    )
    return UpstreamFinding(item="key", url=upstream.jwks_uri, right=bool(signing), message=message)
