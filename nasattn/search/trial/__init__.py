"""What one trial does: training or timing, what is kept of it, what is trained further."""
