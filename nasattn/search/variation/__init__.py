"""A second look at architectures: studies of variants made from a study, with fresh seeds."""
