"""Readers of published benchmark formats: each gives an instance and the model that poses it."""

from pse_opt.formats.classic import Links, Published, all_pairs, classic

__all__ = ["Links", "Published", "all_pairs", "classic"]
