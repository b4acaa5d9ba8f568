"""What holds for all tests."""

import gc

from hypothesis import settings

# A shared machine stands still for longer than an example takes, and that is no finding: what hangs
# is ended by the test's own timeout.
settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")


def pytest_collection_finish() -> None:
    """Thousands of collected tests are never garbage: the collector need not look at them again."""
    gc.collect()
    gc.freeze()
