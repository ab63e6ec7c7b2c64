"""Solving: the hand-off to HiGHS, strategies, results."""
