"""Incidents: the search for a parcel, from the suspicion to its end."""
