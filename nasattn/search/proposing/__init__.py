"""Which architecture is trained next."""
