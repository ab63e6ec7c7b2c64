"""Readers of published benchmark formats: each gives an instance and the model that poses it."""

from pse_opt.formats.catalogue import Entry, catalogue, entry, load
from pse_opt.formats.classic import Links, Published, all_pairs, classic
from pse_opt.formats.registry import FORMATS, Format, read_published

__all__ = [
    "FORMATS",
    "Entry",
    "Format",
    "Links",
    "Published",
    "all_pairs",
    "catalogue",
    "classic",
    "entry",
    "load",
    "read_published",
]
