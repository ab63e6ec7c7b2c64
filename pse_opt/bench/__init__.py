"""Benchmark suites: problems x models x strategies x seeds, one process a run, comparable rows."""

from pse_opt.bench.cases import Case
from pse_opt.bench.posing import pose
from pse_opt.bench.suites import Suite, read_suite

__all__ = ["Case", "Suite", "pose", "read_suite"]
