// Generated from opening_hall/record/words.py by `python -m scripts.generate_hall_words`.
import { type Both, pick } from '@/i18n'

const PARTS: Record<string, Both> = {
  "main": {
    "zh": "投标文件",
    "en": "Bid"
  },
  "technical": {
    "zh": "技术标",
    "en": "Technical part"
  },
  "price": {
    "zh": "价格标",
    "en": "Price part"
  },
  "business": {
    "zh": "商务标",
    "en": "Commercial part"
  }
}

/** A usual part of a bid (双信封) as people call it; null for one that the notice named. */
export const usualPart = (part: string): string | null =>
  PARTS[part] ? pick(PARTS[part]) : null

/** A part of a bid as people call it; one that the notice named is called by that name. */
export const partName = (part: string): string => usualPart(part) ?? part
