"""Studies: proposals, trials and their records; the only package that knows Optuna."""
