"""The sampler ``cost-aware``: the model of `nasattn.surrogate` over a search space."""
