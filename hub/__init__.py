"""The centre, one room per capability."""
