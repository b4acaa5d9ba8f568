"""What a parcel is, what may be declared of it, and what its scans tell. Pure."""
