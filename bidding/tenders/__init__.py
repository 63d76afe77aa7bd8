"""Tenders: procurement rules as data, drafting, publishing, clarifications, documents."""
