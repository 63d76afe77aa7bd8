"""JSON merge patch (RFC 7386): the difference of two views, small enough to send to everybody. Pure.

A member whose value is None counts as absent, because a merge patch cannot say otherwise. Lists are replaced
as a whole: what grows in a view is therefore an object keyed by id.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The patch that turns ``old`` into ``new``; empty when they are the same."""
    patch: dict[str, Any] = {}
    for key, value in new.items():
        before = old.get(key)
        if value is None or value is before:
            continue
        if isinstance(value, Mapping):
            if not isinstance(before, Mapping):
                patch[key] = prune(value)
            elif inner := diff(before, value):
                patch[key] = inner
        elif not _same(before, value):
            patch[key] = value
    for key, value in old.items():
        if value is not None and new.get(key) is None:
            patch[key] = None
    return patch


def apply(document: Any, patch: Any) -> Any:
    """``document`` with ``patch`` merged into it; neither argument is changed."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(document) if isinstance(document, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = apply(merged.get(key), value)
    return merged


def prune(value: Mapping[str, Any]) -> dict[str, Any]:
    """The same object without the members that count as absent. What lists hold is left alone."""
    return {
        key: prune(item) if isinstance(item, Mapping) else item
        for key, item in value.items()
        if item is not None
    }


def _same(old: Any, new: Any) -> bool:
    """Equal as JSON: Python holds 1, 1.0 and True for equal, a reader of the wire does not."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(_same(old[key], value) for key, value in new.items())
    if isinstance(old, list | tuple) and isinstance(new, list | tuple):
        return len(old) == len(new) and all(map(_same, old, new))
    return type(old) is type(new) and bool(old == new)
