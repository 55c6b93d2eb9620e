"""How the pruners see the trials of a ledger, and what follows from their verdicts."""
