"""How early silence tells of a lost parcel, on whole simulated carriers with known fates."""
