"""The wanted list: its entries, one at a time or many at once. Source: HV-2.11.1."""
