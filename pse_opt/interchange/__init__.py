"""Interchange: instances, results and models as the files of other programs, and back."""
