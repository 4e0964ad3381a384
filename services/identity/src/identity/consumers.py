"""Identity listens to no other capability: the others' councils and refusals come from here."""

from chassis.consumer import Consumer

CONSUMERS: tuple[Consumer, ...] = ()
