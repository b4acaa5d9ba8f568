"""What holds for all tests."""

import gc


def pytest_collection_finish() -> None:
    """Thousands of collected tests are never garbage: the collector need not look at them again."""
    gc.collect()
    gc.freeze()
