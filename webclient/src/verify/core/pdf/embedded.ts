/** Files embedded in a PDF: the minutes and the signatures of a record, the data of a receipt. */
import { Failed } from '../report'
import { type Part, tokens, value, type Walked } from './walk'

export interface Embedded {
  name: string
  data: Uint8Array
}

const REFERENCE = /^(\d+) \d+ R$/

/** The name in a file specification, as PDF strings write it: bytes, or UTF-16 behind a mark. */
function nameOf(token: string): string {
  if (!token.startsWith('(')) return token
  const raw = token.slice(1, -1)
  if (!raw.startsWith('\xfe\xff')) return raw
  return new TextDecoder('utf-16be').decode(Uint8Array.from(raw.slice(2), (c) => c.charCodeAt(0)))
}

async function unfiltered(filter: string, data: Uint8Array): Promise<Uint8Array> {
  const names = filter.replace(/[[\]\s]/g, '')
  if (!names) return data
  if (names !== '/FlateDecode') throw new Failed('', 'pdf-malformed', 'an attachment in an unknown filter')
  const stream = new Blob([data as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('deflate'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

/** Every attachment that a file specification names, in the order of the file; later definitions replace earlier ones. */
export async function attachments(pdf: Uint8Array, walked: Walked): Promise<Embedded[]> {
  const { text, parts } = walked
  const objects = new Map<number, Part>()
  for (const part of parts) if (part.kind === 'object') objects.set(part.number, part)
  const found = new Map<string, Embedded>()
  for (const part of objects.values()) {
    const file = part.keys.get('/EF')
    if (!file) continue
    const name = ['/UF', '/F'].map((key) => part.keys.get(key)).find(Boolean)
    const references = tokens(text, file).flatMap((token) => REFERENCE.exec(token)?.[1] ?? [])
    const stream = objects.get(Number(references[0]))
    if (!name || !stream?.stream) throw new Failed('', 'pdf-malformed', 'an attachment without its file', { offset: part.start })
    const label = nameOf(tokens(text, name)[0] ?? '')
    found.set(label, { name: label, data: await unfiltered(value(text, stream, '/Filter'), pdf.subarray(...stream.stream)) })
  }
  return [...found.values()]
}
