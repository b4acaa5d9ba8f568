"""The people of the network file and their badges. Source: interface ("Labels"), HV-R1."""
