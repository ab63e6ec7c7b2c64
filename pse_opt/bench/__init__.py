"""Benchmark suites: problems x models x strategies x seeds, one process a run, comparable rows."""
