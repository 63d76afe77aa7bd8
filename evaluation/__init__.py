"""Evaluation (评标): the ceremony after the opening."""
