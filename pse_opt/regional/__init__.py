"""Builders of instances from regional data, one file per source.

Each has a function ``build`` that takes the folder of raw files and returns the content of
``instance.toml`` and the tables; the command line writes them.
"""
