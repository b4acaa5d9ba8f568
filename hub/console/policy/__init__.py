"""The policy in force: every value, whose it is, and which the carrier has to confirm."""
