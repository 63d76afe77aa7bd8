/**
 * What was appended to a record after it was made: attachments and invisible signatures, and nothing that shows.
 * Mirrors `crypto/pdf_additions.py`: that the record is a prefix of the signed file does not yet say that a reader shows it.
 */
import { Failed } from '../report'
import { type Part, tokens, value, type Walked } from './walk'

const set = (...names: string[]): ReadonlySet<string> => new Set(names)
/** Of what the record already has, these keys may change, and only these. */
const MAY_CHANGE: Record<string, ReadonlySet<string>> = {
  '/Catalog': set('/AcroForm', '/Names', '/Version'),
  '/Page': set('/Annots'),
}
const INFORMATION = set('/Author', '/CreationDate', '/Creator', '/Keywords', '/ModDate', '/Producer', '/Subject', '/Title', '/Trapped')
const NAME_TREE = set('/EmbeddedFiles', '/Names', '/Kids', '/Limits')
const FORM = set('/Fields', '/SigFlags')
const SIGNATURE = set('/Type', '/Filter', '/SubFilter', '/Contents', '/ByteRange', '/M', '/Name', '/Reason', '/Location')
const FIELD = set('/FT', '/T', '/Type', '/Subtype', '/F', '/Rect', '/P', '/V')
const ATTACHMENT = set('/Type', '/F', '/UF', '/EF', '/Desc')
const FILE = set('/Type', '/Filter', '/Params', '/Length')
const TRAILER = set('/ID', '/Info', '/Root', '/Size', '/Prev')
const NOWHERE = '[ 0 0 0 0 ]'
const REFERENCES = /^(?:\[|\]|\d+ \d+ R|\/1\.\d|\/2\.0)$/
const NAMES = /^(?:\[|\]|\d+ \d+ R|\([\s\S]*\)|<[0-9A-Fa-f ]*>)$/

const within = (keys: Iterable<string>, allowed: ReadonlySet<string>): boolean => [...keys].every((key) => allowed.has(key))
const other = (part: Part, detail: string): Failed => new Failed('', 'pdf-additions', detail, { offset: part.start })

class Known {
  objects = new Map<number, Part>()
  trailer: Part | null = null
  endedAt = 0
  placed = new Map<number, number>()
  table = -1

  take(part: Part): void {
    if (part.kind === 'object') {
      this.objects.set(part.number, part)
      this.placed.set(part.number, part.start)
    } else if (part.kind === 'table') {
      this.trailer = part
      this.table = part.start
    } else {
      this.endedAt = part.number
      this.placed = new Map()
      this.table = -1
    }
  }
}

/** Refuses unless every revision after the first `size` bytes adds attachments and invisible signatures only. */
export function requireAdditions(walked: Walked, size: number): void {
  const base = walked.parts.filter((part) => part.end <= size)
  const last = base.at(-1)
  if (last?.kind !== 'end' || last.end !== size) throw new Failed('', 'pdf-additions', 'the record is no whole revision of the document')
  const known = new Known()
  for (const part of base) known.take(part)
  for (const part of walked.parts.slice(base.length)) {
    new Addition(walked.text, part, known).check()
    known.take(part)
  }
}

class Addition {
  constructor(
    private readonly text: string,
    private readonly part: Part,
    private readonly known: Known,
  ) {}

  check(): void {
    const { part, known } = this
    if (part.kind === 'table') return this.checkTable()
    if (part.kind === 'end') {
      if (part.number !== known.table) throw other(part, 'the revision points to another table than its own')
      return
    }
    const before = known.objects.get(part.number)
    if (before) return this.checkChange(before)
    if (!this.isOwn(part)) throw other(part, 'an object that is neither attachment nor signature')
  }

  private tokens(part: Part, key: string): string {
    const span = part.keys.get(key)
    return span ? tokens(this.text, span).join(' ') : ''
  }

  private body(part: Part): string[] {
    const whole = this.text.slice(part.start, part.end)
    const inner = whole.slice(whole.indexOf('obj') + 3, whole.lastIndexOf('endobj'))
    return tokens(inner, [0, inner.length])
  }

  private checkTable(): void {
    const { part, known } = this
    const before = known.trailer
    if (!before || value(this.text, part, '/Prev') !== String(known.endedAt)) throw other(part, 'the revision does not follow the one before')
    if (this.tokens(part, '/Root') !== this.tokens(before, '/Root') || !within(part.keys.keys(), TRAILER)) {
      throw other(part, 'the trailer leads elsewhere')
    }
    for (const [number, offset, kind] of this.entries()) {
      if (kind === 'f' && number !== 0) throw other(part, 'an object is declared free')
      if (kind === 'n' && known.placed.get(number) !== offset) {
        throw other(part, "the table points to something else than this revision's objects")
      }
    }
  }

  private *entries(): Generator<[number, number, string]> {
    const table = this.text.slice(this.part.start, this.part.end)
    const sections = table.matchAll(/(\d+) (\d+)[ ]*\r?\n((?:\d{10} \d{5} [fn](?: \r| \n|\r\n))*)/g)
    for (const [, first, , lines] of sections) {
      let number = Number(first)
      for (const [, offset, , kind] of lines!.matchAll(/(\d{10}) (\d{5}) ([fn])/g)) yield [number++, Number(offset), kind!]
    }
  }

  /** An object of the record defined anew: only what a signature has to touch may differ. */
  private checkChange(before: Part): void {
    const { part } = this
    if (part.stream || before.stream) throw other(part, 'content of the record is replaced')
    const kind = value(this.text, part, '/Type')
    if (kind !== value(this.text, before, '/Type')) throw other(part, 'an object of the record becomes another')
    const keys = new Set([...part.keys.keys(), ...before.keys.keys()])
    if (part.keys.size && before.keys.size && within(keys, INFORMATION)) return
    if (kind === '' && this.isOwn(part) && this.isOwn(before)) {
      // Lists of names and of fields grow; what stood in them stays.
      const now = new Set(this.body(part))
      if (!this.body(before).every((token) => now.has(token))) throw other(part, 'an attachment or a signature of the record is dropped')
      return
    }
    const allowed = MAY_CHANGE[kind]
    if (!allowed) throw other(part, 'an object of the record is replaced')
    for (const key of keys) {
      if (!allowed.has(key) && this.tokens(part, key) !== this.tokens(before, key)) throw other(part, `${key} of the record changes`)
    }
    for (const key of part.keys.keys()) {
      const span = part.keys.get(key)!
      // What is put in place refers to objects, which are looked at themselves; nothing stands there itself.
      if (allowed.has(key) && !tokens(this.text, span).every((token) => REFERENCES.test(token))) {
        throw other(part, `${key} holds more than references`)
      }
    }
  }

  /** Whether the object is one that attaching and signing make. */
  private isOwn(part: Part): boolean {
    const keys = [...part.keys.keys()]
    const kind = value(this.text, part, '/Type')
    if (part.stream) return kind === '/EmbeddedFile' && within(keys, FILE)
    if (kind === '/Sig') return within(keys, SIGNATURE)
    if (kind === '/Filespec') return within(keys, ATTACHMENT)
    if (kind === '/Annot') {
      const invisible = this.tokens(part, '/Rect') === NOWHERE
      return invisible && within(keys, FIELD) && value(this.text, part, '/FT') === '/Sig' && value(this.text, part, '/Subtype') === '/Widget'
    }
    if (!keys.length) return this.body(part).every((token) => NAMES.test(token))
    return kind === '' && (within(keys, NAME_TREE) || within(keys, FORM))
  }
}
