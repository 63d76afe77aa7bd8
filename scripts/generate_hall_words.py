"""The record's words as the web client's hall shows them, generated so that page and record never differ.

python -m scripts.generate_hall_words          writes webclient/src/hall/recordWords.ts
"""

from __future__ import annotations

import json
from pathlib import Path

from opening_hall.record import words

TARGET = Path(__file__).parents[1] / "webclient/src/hall/recordWords.ts"
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


def typescript() -> str:
    """The module's text."""
    tables = {
        name: {code: {"zh": zh, "en": en} for code, (zh, en) in table.items()}
        for name, table in TABLES.items()
    }
    body = json.dumps(tables, ensure_ascii=False, indent=2)
    return (
        "// Generated from opening_hall/record/words.py by `python -m scripts.generate_hall_words`.\n"
        "import { type Both, pick } from '@/i18n'\n\n"
        f"const TABLES: Record<string, Record<string, Both>> = {body}\n\n"
        f"export type WordTable = {' | '.join(repr(name) for name in TABLES)}\n\n"
        "/** The record's word for a code, in the language in use; the code itself where there is none. */\n"
        "export function recordWord(table: WordTable, code: string | undefined): string {\n"
        "  if (code === undefined || code === '') return '—'\n"
        "  const found = TABLES[table]?.[code]\n"
        "  return found ? pick(found) : code\n"
        "}\n"
    )


if __name__ == "__main__":
    TARGET.write_text(typescript(), "utf-8")
