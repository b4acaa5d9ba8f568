"""Custody: who answers for a parcel at every instant, and where nobody does (design section 6)."""
