"""A model of accuracy over architectures whose costs are exact; numbers and plain values alone.

An additive Gaussian process over what stands where (`kernel`), fed with final accuracies and
learning curves (`belief`), and what a next training is worth by it (`improvement`, `picking`).
"""
