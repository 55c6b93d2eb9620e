"""What `make bench-search` is made of: beds to search on, engines, their outcomes, the verdict."""
