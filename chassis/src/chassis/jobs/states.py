"""What the numbers in the table of jobs mean."""

from enum import IntEnum


class State(IntEnum):
    """Where a job is. A job that is done leaves no row: its effect is the record."""

    READY = 0
    ARMED = 1  # waits for its time, or for its next try
    TAKEN = 2  # a worker has it, until its lease ends
    DEAD = 3  # given up, with a reason
    DROPPED = 4  # a person decided that it is not to be done


class Lane(IntEnum):
    """What a job's handler does. The lanes are claimed apart: slow calls hold no effect up."""

    EFFECT = 0  # changes the service's database and nothing else
    CALL = 1  # calls something outside
    LONG = 2  # calls something that takes minutes


class Priority(IntEnum):
    """Which jobs go first, of all councils."""

    URGENT = 0  # somebody waits for it: the worker is notified, and slots are kept free
    USUAL = 1
    BULK = 2
