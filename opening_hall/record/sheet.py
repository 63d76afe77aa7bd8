"""What is printed, before it has a place on paper: facts, tables and paragraphs in Chinese and English."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """A heading in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One labelled value of the head."""

    label: Label
    value: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `share` is its part of the width against the other columns'."""

    label: Label
    share: float
    right: bool = False
    """Flush right, for amounts."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a repeated heading; a cell may hold several lines divided by newlines."""

    title: Label
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One printed record."""

    title: Label
    subtitle: str
    marks: tuple[str, ...]
    """Printed large above everything, e.g. that all of it is a demonstration."""
    facts: tuple[Fact, ...]
    tables: tuple[Table, ...]
    notes: tuple[str, ...]
    """Closing paragraphs: what the signatures cover and how to check them."""
    footer: str
    qr: str
    """Content of the QR code."""
    qr_caption: str
