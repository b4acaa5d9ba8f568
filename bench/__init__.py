"""Measurements: ``python -m bench AREA`` prints a table and leaves JSON in build/."""
