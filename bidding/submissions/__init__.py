"""Sealed submission: tickets, resumable uploads, receipts, sealed batches, and the closing at T."""
