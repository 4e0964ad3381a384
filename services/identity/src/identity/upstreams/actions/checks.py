"""Check an upstream's provider now, so that a wrong registration shows before people sign in."""

from collections.abc import Awaitable
from typing import Literal

from chassis import clock
from identity.upstreams.actions.providers import Providers, ProviderUnavailableError
from identity.upstreams.rules import metadata
from identity.upstreams.rules import registration as rules
from identity.upstreams.rules.metadata import Keys
from identity.upstreams.schemas import Upstream, UpstreamCheck, UpstreamFinding

Item = Literal["jwks", "did"]


async def check_upstream(providers: Providers, upstream: Upstream) -> UpstreamCheck:
    """Check a provider item by item. It takes seconds, so no transaction may be open.

    ``providers`` must be new: an entry of its cache would hide what is wrong now.
    """
    findings = await _check_metadata(providers, upstream)
    if (did := upstream.did_url) is not None:
        findings.append(await _check_keys("did", did, providers.get_did_document(did)))
    if upstream.authentication == rules.KEY:
        findings.append(_check_signing_key(upstream))
    right = all(finding.right for finding in findings)
    return UpstreamCheck(right=right, findings=findings, checked_at=clock.now())


async def _check_metadata(providers: Providers, upstream: Upstream) -> list[UpstreamFinding]:
    """Check the discovery document and, if it can be used, the keys it names."""
    url = metadata.build_discovery_url(upstream.issuer)
    try:
        provider = await providers.get_metadata(upstream.issuer)
    except ProviderUnavailableError as error:
        return [UpstreamFinding(item="discovery", url=url, right=False, message=str(error))]
    answers = "with iss (RFC 9207)" if provider.sends_issuer else "without iss (RFC 9207)"
    message = f"describes {provider.issuer}; it answers {answers}"
    return [
        UpstreamFinding(item="discovery", url=url, right=True, message=message),
        await _check_keys("jwks", provider.jwks_uri, providers.get_keys(provider.jwks_uri)),
    ]


async def _check_keys(item: Item, url: str, reading: Awaitable[Keys]) -> UpstreamFinding:
    try:
        keys = await reading
    except ProviderUnavailableError as error:
        return UpstreamFinding(item=item, url=url, right=False, message=str(error))
    return UpstreamFinding(item=item, url=url, right=True, message=f"has {len(keys)} keys that can be used")


def _check_signing_key(upstream: Upstream) -> UpstreamFinding:
    now = clock.now()
    kids = [key.kid for key in upstream.keys if key.signs_from <= now]
    message = f"key {kids[-1]} signs; the provider must know this URL" if kids else "no key signs: make one"
    return UpstreamFinding(item="key", url=upstream.jwks_uri, right=bool(kids), message=message)
