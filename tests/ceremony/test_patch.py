"""Merge patches: the examples of RFC 7386, and that a patch always leads from one view to the next."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.patch import apply, diff, prune

#: RFC 7386 appendix A, but for the rows whose original is not an object.
RFC = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("original", "patch", "result"), RFC)
def test_the_examples_of_the_rfc(original: Any, patch: Any, result: Any) -> None:
    assert apply(original, patch) == result


scalars = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "a", "标"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
views = st.dictionaries(st.sampled_from("abcd"), values, max_size=4)


def as_wire(value: Any) -> str:
    """Distinguishes 1 and true, as a reader of JSON does and Python does not."""
    return json.dumps(value, sort_keys=True)


@given(views, views)
def test_a_patch_leads_from_one_view_to_the_next(old: dict[str, Any], new: dict[str, Any]) -> None:
    patch = diff(old, new)
    assert as_wire(apply(prune(old), patch)) == as_wire(prune(new))


@given(views)
def test_no_difference_is_an_empty_patch(view: dict[str, Any]) -> None:
    assert diff(view, json.loads(json.dumps(view))) == {}
    assert diff(view, view) == {}


def test_neither_argument_is_changed() -> None:
    document = {"a": {"b": 1}}
    apply(document, {"a": {"b": 2}, "c": 3})
    assert document == {"a": {"b": 1}}
