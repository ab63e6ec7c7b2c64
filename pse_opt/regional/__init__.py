"""Builders of instances from regional data, one file per source."""
