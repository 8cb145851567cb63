"""Sweeps: a scenario run all over a space of factors, thousands of times, without losing a run."""
