"""What holds for all tests."""

import gc

from hypothesis import settings

# A shared machine stands still for longer than an example takes, and that is no finding: what hangs
# is ended by the test's own timeout. Whether a change is good must not hang on the draw of the day:
# a run draws what the run before drew. New draws are searched with --hypothesis-profile=search.
settings.register_profile("same draws", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile("same draws")


def pytest_collection_finish() -> None:
    """Thousands of collected tests are never garbage: the collector need not look at them again."""
    gc.collect()
    gc.freeze()
