"""The demonstration (演示): a small cast, one tender about to open, nothing of legal effect."""
