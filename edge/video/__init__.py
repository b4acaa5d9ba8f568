"""Cameras of a site: recorded, watched and read. Source: design section 8, HV-2.11.3."""
