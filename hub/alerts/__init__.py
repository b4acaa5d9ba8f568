"""Alerts: raised once, counted, answered by a named person. Source: design section 5."""
