"""The policy as people read it: each value in words, whose it is, what the carrier must confirm."""
