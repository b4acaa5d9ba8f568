"""Proofs as pure functions: chains and keys as bytes. Source: design section 9."""
