"""Events in: identity's councils and revocations, as every service. Mapping's: ``postcodes.consumers``."""

from chassis.consumer import Consumer

CONSUMERS: tuple[Consumer, ...] = ()  # beyond the one that chassis gives every service
