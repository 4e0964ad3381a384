"""The process that serves HTTP."""

import gc

from chassis.__main__ import freeze_objects


def test_what_is_loaded_at_the_start_is_not_collected_again():
    try:
        freeze_objects()
        assert gc.get_freeze_count() > 10_000
        assert len(gc.get_objects()) < 10_000
    finally:
        gc.unfreeze()
