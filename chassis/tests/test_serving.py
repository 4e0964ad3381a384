"""A process that serves."""

import gc

from chassis.__main__ import keep_for_good


def test_what_is_loaded_at_the_start_is_not_looked_through_again():
    try:
        keep_for_good()
        assert gc.get_freeze_count() > 10_000
        assert len(gc.get_objects()) < 10_000
    finally:
        gc.unfreeze()
