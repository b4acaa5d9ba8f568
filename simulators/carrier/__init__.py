"""A whole carrier with ground truth: scanner pulls and REST calls of simulated days."""
