"""Searches simulated on a table: the same samplers, pruners and rules, no training."""
