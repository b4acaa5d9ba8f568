"""The dispatch register: which HV parcels left a branch in a shift, and who was told (HV-2.7)."""
