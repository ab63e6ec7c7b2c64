"""Large models: the relaxation rounded, then searched place by place."""
