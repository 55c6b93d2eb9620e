"""One process at work on a study, from its first trial to its last."""
