"""Parcels: what was declared of them, where they were first and last seen."""
