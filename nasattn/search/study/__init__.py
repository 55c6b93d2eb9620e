"""The study: what a person writes, and every setting of it frozen."""
