"""What was started and how far it came, in the storage: trials, attempts, and who works on them."""
