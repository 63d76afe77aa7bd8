"""The record's words as the web client shows them, generated so that page and record never differ.

python -m scripts.generate_hall_words          writes webclient/src/hall/recordWords.ts and parts.ts
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from opening_hall.record import words

HALL = Path(__file__).parents[1] / "webclient/src/hall"
HEAD = "// Generated from opening_hall/record/words.py by `python -m scripts.generate_hall_words`.\n"
TABLES = {
    "cause": words.CAUSES,
    "effect": words.EFFECTS,
    "failed": words.FAILED,
    "aborted": words.ABORTED,
    "suspended": words.SUSPENDED,
    "reason": words.REASONS,
    "confirmed": words.CONFIRMED,
    "resolved": words.RESOLVED,
    "superseded": words.SUPERSEDED,
    "stage": words.STAGES,
}


def files() -> dict[Path, str]:
    """Every generated module with its text."""
    return {HALL / "recordWords.ts": record_words(), HALL / "parts.ts": parts()}


def record_words() -> str:
    tables = json.dumps({name: _both(table) for name, table in TABLES.items()}, ensure_ascii=False, indent=2)
    return (
        f"{HEAD}import {{ type Both, pick }} from '@/i18n'\n\n"
        f"const TABLES: Record<string, Record<string, Both>> = {tables}\n\n"
        f"export type WordTable = {' | '.join(repr(name) for name in TABLES)}\n\n"
        "/** The record's word for a code, in the language in use; the code itself where there is none. */\n"
        "export function recordWord(table: WordTable, code: string | undefined): string {\n"
        "  if (code === undefined || code === '') return '—'\n"
        "  const found = TABLES[table]?.[code]\n"
        "  return found ? pick(found) : code\n"
        "}\n"
    )


def parts() -> str:
    # A module of its own: pages far from the hall name parts too, and load none of the record's words.
    table = json.dumps(_both(words.PARTS), ensure_ascii=False, indent=2)
    return (
        f"{HEAD}import {{ type Both, pick }} from '@/i18n'\n\n"
        f"const PARTS: Record<string, Both> = {table}\n\n"
        "/** A usual part of a bid (双信封) as people call it; null for one that the notice named. */\n"
        "export const usualPart = (part: string): string | null =>\n"
        "  PARTS[part] ? pick(PARTS[part]) : null\n\n"
        "/** A part of a bid as people call it; one that the notice named is called by that name. */\n"
        "export const partName = (part: string): string => usualPart(part) ?? part\n"
    )


def _both(table: Mapping[str, words.Text]) -> dict[str, dict[str, str]]:
    return {code: {"zh": zh, "en": en} for code, (zh, en) in table.items()}


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, "utf-8")
