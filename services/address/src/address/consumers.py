"""Events in: the address service follows identity's councils and revocations only, as every service does."""

from chassis.consumer import Consumer

CONSUMERS: tuple[Consumer, ...] = ()  # beyond the one that chassis gives every service
