/** Checkpoints of the log: C2SP tlog-checkpoint, signed-note and tlog-cosignature (docs/formats/checkpoint.md). */
import { type Bytes, readU64, same, sha256, utf8 } from './bytes'
import { base64, hex, unbase64 } from './canonical'
import { concat } from './bytes'
import { verifyEd25519 } from './ed25519'
import { Invalid } from './errors'

const ED25519 = 0x01
const COSIGNATURE_V1 = 0x04
const MAX_NOTE = 64 * 1024
const MAX_SIGNATURES = 100
const NAME = /^[^\s+]{1,200}$/u
const SIZE = /^(?:0|[1-9][0-9]{0,15})$/
const CONTROL = /[\x00-\x09\x0b-\x1f]/

/** A claim about the whole log: its first `size` leaves have this root. */
export interface Checkpoint {
  readonly origin: string
  readonly size: number
  readonly root: Bytes
  readonly extensions: readonly string[]
}

/** One signature line of a note; `data` is what follows the key id. */
export interface NoteSignature {
  readonly name: string
  readonly keyId: string
  readonly data: Bytes
}

/** A text that ends with a newline, and the signatures under it, none of them checked yet. */
export interface Note {
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** A public key with the name it signs under. */
export interface Verifier {
  readonly name: string
  readonly kind: number
  readonly public: Bytes
  readonly keyId: string
}

/** Four bytes, in hex, that find the right key for a signature line; not a security boundary. */
const keyId = (name: string, kind: number, key: Uint8Array): string =>
  hex(sha256(concat(utf8(`${name}\n`), Uint8Array.of(kind), key)).subarray(0, 4))

/** Reads a `vkey` as `GET /api/log/vkey` lists them; `bad-verifier-key`. */
export function parseVerifier(vkey: string): Verifier {
  const [name = '', id = '', ...rest] = vkey.split('+')
  if (!NAME.test(name) || !rest.length) throw new Invalid('bad-verifier-key', 'not name+id+key')
  const data = unbase64(rest.join('+'), 'bad-verifier-key')
  const kind = data[0] ?? 0
  if (data.length !== 33 || (kind !== ED25519 && kind !== COSIGNATURE_V1)) {
    throw new Invalid('bad-verifier-key', 'not an Ed25519 key')
  }
  const verifier = { name, kind, public: data.slice(1), keyId: keyId(name, kind, data.subarray(1)) }
  if (verifier.keyId !== id) throw new Invalid('bad-verifier-key', 'the key id does not belong to this name and key')
  return verifier
}

/** Splits text and signature lines; `bad-note`. No signature is checked. */
export function parseNote(encoded: string): Note {
  if (encoded.length > MAX_NOTE || CONTROL.test(encoded)) throw new Invalid('bad-note', 'too long, or with control characters')
  const at = encoded.lastIndexOf('\n\n')
  const tail = encoded.slice(at + 2)
  if (at < 0 || !tail.endsWith('\n')) throw new Invalid('bad-note', 'no signatures')
  const lines = tail.slice(0, -1).split('\n')
  if (lines.length > MAX_SIGNATURES) throw new Invalid('bad-note', 'too many signatures')
  return { text: encoded.slice(0, at + 1), signatures: lines.map(parseSignature) }
}

function parseSignature(line: string): NoteSignature {
  const [dash, name = '', data = '', ...more] = line.split(' ')
  if (dash !== '—' || !NAME.test(name) || more.length) throw new Invalid('bad-note', 'not a signature line')
  const raw = unbase64(data, 'bad-note')
  if (raw.length < 5) throw new Invalid('bad-note', 'a signature is too short')
  return { name, keyId: hex(raw.subarray(0, 4)), data: raw.slice(4) }
}

/** Reads the note text of a checkpoint; `bad-checkpoint`. */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split('\n')
  const [origin = '', size = '', root = ''] = lines
  if (lines.length < 4 || lines.at(-1) !== '' || lines.slice(0, -1).includes('') || !SIZE.test(size)) {
    throw new Invalid('bad-checkpoint', 'not origin, size and root')
  }
  const bytes = unbase64(root, 'bad-checkpoint')
  if (bytes.length !== 32) throw new Invalid('bad-checkpoint', 'a root is 32 bytes')
  return { origin, size: Number(size), root: bytes, extensions: lines.slice(3, -1) }
}

/** The text that is signed. */
export const checkpointText = ({ origin, size, root, extensions }: Checkpoint): string =>
  [origin, String(size), base64(root), ...extensions].map((line) => `${line}\n`).join('')

/** The verifiers that signed the note; `note-unsigned` for none, `note-forged` when a known key's does not verify. */
export async function verifyNote(note: Note, verifiers: readonly Verifier[]): Promise<Verifier[]> {
  const known = new Map(verifiers.filter((v) => v.kind === ED25519).map((v) => [`${v.name}+${v.keyId}`, v]))
  const good: Verifier[] = []
  for (const signature of note.signatures) {
    const name = `${signature.name}+${signature.keyId}`
    const verifier = known.get(name)
    if (!verifier) continue
    known.delete(name)
    if (!(await verifyEd25519(verifier.public, utf8(note.text), signature.data))) {
      throw new Invalid('note-forged', `the signature of ${verifier.name} does not verify`)
    }
    good.push(verifier)
  }
  if (!good.length) throw new Invalid('note-unsigned', 'no known key signed this note')
  return good
}

/** The checkpoint of a note signed by one of `verifiers` under its own origin. */
export async function openCheckpoint(encoded: string, verifiers: readonly Verifier[]): Promise<Checkpoint> {
  const note = parseNote(encoded)
  const signers = await verifyNote(note, verifiers)
  const checkpoint = parseCheckpoint(note.text)
  if (!signers.some((verifier) => verifier.name === checkpoint.origin)) {
    throw new Invalid('note-unsigned', 'the origin itself has not signed')
  }
  return checkpoint
}

/** Who vouched for a checkpoint, and when. */
export interface Cosigned {
  readonly witness: string
  readonly at: Date
}

/** One witness's (见证) cosignature; `unknown-witness` or `cosignature-forged`. */
export async function verifyCosignature(text: string, signature: NoteSignature, witnesses: readonly Verifier[]): Promise<Cosigned> {
  const verifier = witnesses.find(
    (each) => each.kind === COSIGNATURE_V1 && each.name === signature.name && each.keyId === signature.keyId,
  )
  if (!verifier) throw new Invalid('unknown-witness', signature.name)
  const forged = new Invalid('cosignature-forged', `the cosignature of ${verifier.name} does not verify`)
  if (signature.data.length !== 72) throw forged
  const seconds = readU64(signature.data)
  const message = utf8(`cosignature/v1\ntime ${seconds}\n${text}`)
  if (!(await verifyEd25519(verifier.public, message, signature.data.slice(8)))) throw forged
  const at = new Date(Number(seconds) * 1000)
  if (Number.isNaN(at.getTime())) throw forged
  return { witness: verifier.name, at }
}

/** All witnesses that vouched for a note's checkpoint; lines of unknown keys do not count. */
export async function cosigners(encoded: string, witnesses: readonly Verifier[]): Promise<Cosigned[]> {
  const note = parseNote(encoded)
  const mine = note.signatures.filter((signature) =>
    witnesses.some((each) => each.kind === COSIGNATURE_V1 && each.name === signature.name && each.keyId === signature.keyId),
  )
  return Promise.all(mine.map((signature) => verifyCosignature(note.text, signature, witnesses)))
}

/** Equal claims about equally many leaves. */
export const sameCheckpoint = (a: Checkpoint, b: Checkpoint): boolean =>
  a.origin === b.origin && a.size === b.size && same(a.root, b.root)
