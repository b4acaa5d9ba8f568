"""The wanted list: what every scanner must stop at. Source: HV-2.11.1, design section 3."""
