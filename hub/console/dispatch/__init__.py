"""The dispatch register: the lists of shifts, sent, forwarded and received. Source: HV-2.7."""
