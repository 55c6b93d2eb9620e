"""Tables and plots for the terminal, JSON and CSV for programs; computes nothing itself."""
