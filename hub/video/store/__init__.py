"""The video room's tables and SQL; no rule is decided here."""
