"""The web client, served by the platform itself: its built files, its pages, and which release they are."""

from bidding.web.api import router, tasks
from bidding.web.serve import Negotiated, SecureAnswers, WebClient

__all__ = ["Negotiated", "SecureAnswers", "WebClient", "router", "tasks"]
