"""The parts of the independent checker; :mod:`pse_opt.verify` is its public face.

Everything here is recomputed from the tables of the instance, with NumPy and pandas alone. Nothing
is taken over from the formulation, from the derived frames it is built on, or from the solver.
"""
