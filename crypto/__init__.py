"""Envelopes, shares, signatures, certificates, time stamps and the transparency log."""
