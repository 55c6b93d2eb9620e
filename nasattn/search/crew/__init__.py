"""Several processes at work on one study, and the one that looks after them."""
