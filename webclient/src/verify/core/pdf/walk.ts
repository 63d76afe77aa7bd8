/**
 * A PDF read strictly, from its first byte to its last: objects, cross-reference tables, ends of revisions.
 * Mirrors `crypto/pdf_walk.py`: what needs a lenient reader is refused. Spans are byte offsets.
 */
import { Failed } from '../report'

export type Span = readonly [number, number]
export type Kind = 'object' | 'table' | 'end'

/** One piece of the file, in the order of its bytes. */
export interface Part {
  kind: Kind
  start: number
  end: number
  /** An object's number, or the offset that an end (`startxref`) states. */
  number: number
  /** Top-level keys of an object's dictionary, or of the trailer after a table. */
  keys: Map<string, Span>
  /** Where an object's stream stands; null without one. */
  stream: Span | null
}

/** A PDF's bytes as text of one character a byte, with the parts in it. */
export interface Walked {
  text: string
  parts: Part[]
}

const MAX_DEPTH = 64
const SPACE = /(?:[\x00\t\n\x0c\r ]+|%[^\r\n]*)*/y
const OBJECT = /(\d{1,10})[\x00\t\n\x0c\r ]+(\d{1,5})[\x00\t\n\x0c\r ]+obj\b/y
const XREF = /xref[ ]*\r?\n(?:\d+ \d+[ ]*\r?\n(?:\d{10} \d{5} [fn](?: \r| \n|\r\n))*)+trailer\b/y
const END = /startxref[ ]*\r?\n(\d{1,12})[ ]*\r?\n%%EOF(?:\r\n|\n|\r)?/y
const NAME = /\/[^\x00\t\n\x0c\r ()<>[\]{}/%]*/y
const WORD = /[^\x00\t\n\x0c\r ()<>[\]{}/%]+/y
const HEX = /<[0-9A-Fa-f\x00\t\n\x0c\r ]*>/y
const REFERENCE = /\d+\s+\d+\s+R\b/y
const STRING_STEP = /[^()\\]*(?:\\[\s\S][^()\\]*)*/y
const STREAM = /stream\r?\n/y
const ENDSTREAM = /(?:\r\n|\n|\r)?endstream\b/y

export function malformed(detail: string, offset?: number): Failed {
  return new Failed('', 'pdf-malformed', detail, offset === undefined ? {} : { offset })
}

/** One character a byte. */
export function latin1(data: Uint8Array): string {
  return new TextDecoder('x-user-defined').decode(data).replace(/[\uF780-\uF7FF]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xf700))
}

/** Every part of the file; refuses bytes that are none. */
export function walk(pdf: Uint8Array): Walked {
  const text = latin1(pdf)
  if (!text.startsWith('%PDF-')) throw malformed('no PDF header')
  const reader = new Reader(text)
  const parts: Part[] = []
  let position = reader.skip(0)
  while (position < text.length) {
    const part = reader.part(position)
    parts.push(part)
    position = reader.skip(part.end)
  }
  if (!parts.some((part) => part.kind === 'end')) throw malformed('the document has no end')
  return { text, parts }
}

/** The bytes of a value; empty where the key is missing. */
export function value(text: string, part: Part, key: string): string {
  const span = part.keys.get(key)
  return span ? text.slice(...span) : ''
}

/** A value without its spaces and comments, so that two spellings of it compare equal. */
export function tokens(text: string, span: Span): string[] {
  const reader = new Reader(text)
  const found: string[] = []
  let position = reader.skip(span[0])
  while (position < span[1]) {
    const end = reader.token(position)
    const raw = text.slice(position, end)
    found.push(raw.startsWith('(') ? plain(raw) : raw.split(/[\x00\t\n\x0b\x0c\r ]+/).filter(Boolean).join(' '))
    position = reader.skip(end)
  }
  return found
}

const NAMED: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', '\n': '' }

/** A literal string with its escapes resolved (ISO 32000-1 section 7.3.4.2). */
function plain(literal: string): string {
  const inner = literal.slice(1, -1).replace(/\\([0-7]{1,3}|[\s\S])/g, (_, escaped: string) => {
    if (/^[0-7]+$/.test(escaped)) return String.fromCharCode(parseInt(escaped, 8) & 0xff)
    return NAMED[escaped] ?? escaped
  })
  return `(${inner})`
}

class Reader {
  constructor(private readonly text: string) {}

  part(position: number): Part {
    const object = this.match(OBJECT, position)
    if (object) return this.object(position, Number(object[1]), position + object[0].length)
    const table = this.match(XREF, position)
    if (table) {
      const [end, keys] = this.value(this.skip(position + table[0].length), 0)
      return { kind: 'table', start: position, end, number: 0, keys, stream: null }
    }
    const ended = this.match(END, position)
    if (ended) {
      const end = position + ended[0].length
      return { kind: 'end', start: position, end, number: Number(ended[1]), keys: new Map(), stream: null }
    }
    throw malformed('unexpected bytes between objects', position)
  }

  /** End of the bracket or simple value that starts here. */
  token(position: number): number {
    for (const bracket of ['<<', '>>', '[', ']']) if (this.text.startsWith(bracket, position)) return position + bracket.length
    return this.value(position, 0)[0]
  }

  skip(position: number): number {
    return position + (this.match(SPACE, position)?.[0].length ?? 0)
  }

  private match(pattern: RegExp, position: number): RegExpExecArray | null {
    pattern.lastIndex = position
    return pattern.exec(this.text)
  }

  private object(start: number, number: number, position: number): Part {
    const { text } = this
    const [valueEnd, keys] = this.value(this.skip(position), 0)
    let stream: Span | null = null
    let at = this.skip(valueEnd)
    const opened = this.match(STREAM, at)
    if (opened) {
      const stated = text.slice(...(keys.get('/Length') ?? [0, 0]))
      if (!/^\d{1,12}$/.test(stated)) throw malformed('a stream without a plain length', at)
      const begin = at + opened[0].length
      const ended = this.match(ENDSTREAM, begin + Number(stated))
      if (!ended) throw malformed('a stream of another length than stated', at)
      stream = [begin, begin + Number(stated)]
      at = this.skip(stream[1] + ended[0].length)
    }
    if (!text.startsWith('endobj', at)) throw malformed('an object without its end', at)
    return { kind: 'object', start, end: at + 6, number, keys, stream }
  }

  /** End of the value that starts here, and its keys if it is a dictionary. */
  private value(position: number, depth: number): [number, Map<string, Span>] {
    const { text } = this
    if (depth > MAX_DEPTH) throw malformed('nested too deeply', position)
    if (text.startsWith('<<', position)) return this.dictionary(position + 2, depth)
    if (text.startsWith('[', position)) {
      let at = this.skip(position + 1)
      while (!text.startsWith(']', at)) at = this.skip(this.value(at, depth + 1)[0])
      return [at + 1, new Map()]
    }
    if (text.startsWith('(', position)) return [this.string(position + 1), new Map()]
    const found =
      this.match(HEX, position) ?? this.match(NAME, position) ?? this.match(REFERENCE, position) ?? this.match(WORD, position)
    if (!found) throw malformed('a value that is none', position)
    return [position + found[0].length, new Map()]
  }

  private dictionary(start: number, depth: number): [number, Map<string, Span>] {
    const keys = new Map<string, Span>()
    let position = this.skip(start)
    while (!this.text.startsWith('>>', position)) {
      const name = this.match(NAME, position)?.[0]
      if (!name || name.includes('#') || keys.has(name)) throw malformed('a dictionary key that is none or repeated', position)
      const begin = this.skip(position + name.length)
      const [end] = this.value(begin, depth + 1)
      keys.set(name, [begin, end])
      position = this.skip(end)
    }
    return [position + 2, keys]
  }

  private string(start: number): number {
    let position = start
    let depth = 1
    while (depth) {
      position += this.match(STRING_STEP, position)?.[0].length ?? 0
      if (position >= this.text.length) throw malformed('a string without its end')
      depth += this.text[position] === '(' ? 1 : -1
      position += 1
    }
    return position
  }
}
