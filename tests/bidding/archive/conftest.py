"""The opening that the tests of this folder share."""

from archive_world import exported

__all__ = ["exported"]
