"""Lost-item prediction: parcels that are probably lost, before anyone complains (HV-2.11.2)."""
