"""How early silence tells of a lost parcel, on real air-cargo milestones with injected losses."""
