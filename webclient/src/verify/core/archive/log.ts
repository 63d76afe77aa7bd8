/** Steps on the log: who signed, that it grew only at its end, that every leaf stands in it and every body belongs to its leaf. */
import { same, utf8 } from '@/crypto/bytes'
import { type Json, sha256hex, unb64 } from '@/crypto/canonical'
import { cosigners, openCheckpoint, parseNote, parseVerifier, type Verifier, verifyNote } from '@/crypto/checkpoint'
import { Invalid } from '@/crypto/errors'
import { commitment, parseLeaf } from '@/crypto/log-leaf'
import { verifyConsistency, verifyInclusion } from '@/crypto/merkle'
import { MANIFEST, SIGNATURE } from '../layout'
import { Failed, type Findings, place } from '../report'
import type { Body, Case, LogEvent } from './case'
import * as names from './names'
import { Tiles } from './tiles'

/** MANIFEST.sig is one note by the log's key over exactly this MANIFEST.json. */
export async function checkSignature(bench: Case, findings: Findings): Promise<void> {
  const { opened } = bench
  const { manifest } = opened
  const own = (await opened.text(names.LOG_KEY)).trimEnd()
  bench.key = chooseKey(bench, own)
  let note
  try {
    note = parseNote(new TextDecoder('utf-8', { fatal: true }).decode(opened.signature))
    await verifyNote(note, [bench.key])
  } catch (fault) {
    throw new Failed(SIGNATURE, 'signature-invalid', (fault as Invalid).detail)
  }
  const signed = `kaibiao/archive/v1\n${manifest.origin}\n${manifest.lot}\n${sha256hex(opened.manifestBytes)}\n`
  if (note.signatures.length !== 1) throw new Failed(SIGNATURE, 'signature-invalid', 'more than one note with one signature')
  if (note.text !== signed) {
    // A valid signature over another text: this manifest is not the one that was signed.
    if (!note.text.includes(sha256hex(opened.manifestBytes))) throw new Failed(MANIFEST, 'content-differs', 'not the manifest that was signed')
    throw new Failed(SIGNATURE, 'signature-of-another-archive', note.text.replaceAll('\n', ' '))
  }
  findings.note('signed-by', { name: bench.key.name, right: manifest.right, at: manifest.issuedAt.toISOString() })
}

/** The log's key: the one known from elsewhere if it is of this log, else the archive's own, and the report says so. */
function chooseKey(bench: Case, own: string): Verifier {
  const { manifest } = bench.opened
  const read = (vkey: string): Verifier => {
    try {
      return parseVerifier(vkey)
    } catch (fault) {
      throw new Failed(names.LOG_KEY, 'log-key-unreadable', (fault as Invalid).detail)
    }
  }
  const mine = read(own)
  if (mine.name !== manifest.origin) throw new Failed(names.LOG_KEY, 'log-key-of-another-log', `${mine.name} / ${manifest.origin}`)
  const { logKey, logKeyFrom } = bench.outside
  const known = logKey ? read(logKey) : null
  if (known?.name === manifest.origin) {
    if (!same(known.public, mine.public)) throw new Failed(names.LOG_KEY, 'log-key-of-another-log', `${mine.keyId} / ${known.keyId}`)
    bench.trusted.push({ key: logKeyFrom === 'remembered' ? 'log-key-remembered' : 'log-key-platform', params: { key: known.keyId, name: known.name } })
    return known
  }
  bench.trusted.push({ key: 'log-key-archive', params: { key: mine.keyId, name: mine.name } })
  return mine
}

/** The newest checkpoint and the earlier ones: signed, cosigned where witnesses are known, one history. */
export async function checkCheckpoint(bench: Case, findings: Findings): Promise<void> {
  const { opened } = bench
  const key = bench.key!
  const encoded = await opened.text(names.CHECKPOINT)
  bench.checkpointNote = encoded
  bench.checkpoint = await openCheckpoint(encoded, [key]).catch((fault: unknown) => {
    throw Object.assign(new Failed('', ''), { wrong: place(names.CHECKPOINT, fault) })
  })
  const witnesses = opened.has(names.WITNESSES) ? (await opened.text(names.WITNESSES)).split('\n').filter(Boolean).map(parseVerifier) : []
  if (witnesses.length) bench.trusted.push({ key: 'witnesses-from-archive', params: { names: witnesses.map((one) => one.name).join('、') } })
  const vouched = await cosigners(encoded, witnesses)
  bench.cosigned.push({ size: bench.checkpoint.size, witnesses: vouched.map((one) => one.witness) })
  for (const name of opened.names(names.EARLIER)) {
    try {
      const { note, proof } = (await opened.json(name)) as { note: string; proof: string[] }
      const earlier = await openCheckpoint(note, [key])
      bench.cosigned.push({ size: earlier.size, witnesses: (await cosigners(note, witnesses)).map((one) => one.witness) })
      verifyConsistency(earlier.size, bench.checkpoint.size, earlier.root, bench.checkpoint.root, proof.map(unb64))
    } catch (fault) {
      findings.take(place(name, fault))
    }
  }
  findings.note('checkpoint', { leaves: bench.checkpoint.size, vouched: vouched.length, witnesses: witnesses.length })
}

/** Every leaf in the archive is in the tree under the checkpoint, by its own proof and by the tiles. */
export async function checkLeaves(bench: Case, findings: Findings): Promise<void> {
  const { size, root } = bench.checkpoint!
  const tiles = await Tiles.of(bench.opened, size)
  for (const { line, value } of await bench.opened.lines(names.LEAVES)) {
    const { index, leaf, proof } = value as { index?: number; leaf?: string; proof?: string[] }
    const where = typeof index === 'number' ? { leaf: index } : {}
    try {
      if (typeof index !== 'number' || typeof leaf !== 'string' || !Array.isArray(proof)) throw new Invalid('leaf-malformed', `line ${line}`)
      const data = utf8(leaf)
      const steps = proof.map(unb64)
      verifyInclusion(data, index, size, steps, root)
      const byTiles = tiles?.proof(index)
      if (byTiles && !(byTiles.length === steps.length && byTiles.every((step, n) => same(step, steps[n]!)))) {
        throw new Invalid('tile-differs', 'the tiles give another proof')
      }
      if (bench.leaves.has(index)) throw new Invalid('leaf-repeated', `line ${line}`)
      bench.leaves.set(index, parseLeaf(data))
    } catch (fault) {
      findings.take(place(names.LEAVES, fault, where))
    }
  }
  findings.note('leaves', { n: bench.leaves.size })
}

/** Bodies match their leaves; each stream is whole and in order, its times never going back. */
export async function checkEvents(bench: Case, findings: Findings): Promise<void> {
  const used = new Set<number>()
  let withheld = 0
  for (const name of bench.opened.names(names.EVENTS)) {
    for (const { line, value } of await bench.opened.lines(name)) {
      try {
        const event = disclosed(bench, value as Body)
        if (used.has(event.index)) findings.add(name, 'leaf-repeated', '', { leaf: event.index })
        used.add(event.index)
        if (!event.body) withheld += 1
        bench.events.set(event.stream, [...(bench.events.get(event.stream) ?? []), event])
      } catch (fault) {
        const index = (value as Body)?.index
        findings.take({ ...place(name, fault, typeof index === 'number' ? { leaf: index } : {}), ...(fault instanceof Invalid ? {} : { detail: `line ${line}` }) })
      }
    }
  }
  for (const [stream, events] of bench.events) checkOrder(stream, events, findings)
  for (const index of bench.leaves.keys()) if (!used.has(index)) findings.add(names.LEAVES, 'leaf-without-event', '', { leaf: index })
  bench.hall = bench.events.get(`hall:${bench.opened.manifest.lot}`) ?? []
  if (!bench.hall.length) findings.add(names.HALL_EVENTS, 'entry-missing', `hall:${bench.opened.manifest.lot}`)
  findings.note('events', { n: used.size - withheld, streams: bench.events.size, withheld })
}

function disclosed(bench: Case, value: Body): LogEvent {
  const { index, stream, version } = value as { index: number; stream: string; version: number }
  const leaf = bench.leaves.get(index)
  if (!leaf) throw new Invalid('event-without-leaf', `${stream} ${version}`)
  const place_ = { index, stream: String(stream), version: Number(version), at: leaf.at }
  if ('state' in value) {
    if (Object.keys(value).length !== 4 || !['withheld', 'erased'].includes(String(value.state))) throw new Invalid('event-malformed', `${stream} ${version}`)
    return { ...place_, type: '', seat: '', body: null }
  }
  const { type, seat, body, salt, at } = value as { type: string; seat: string; body: Body; salt: string; at: string }
  if (at !== leaf.at.toISOString() || Object.keys(value).length !== 8) {
    throw new Invalid('event-malformed', `${stream} ${version}: another time than its leaf's, or unknown members`)
  }
  if (!same(commitment(unb64(salt), { stream, version, type, seat, body: body as Readonly<Record<string, Json>> }), leaf.commitment)) {
    throw new Invalid('body-differs', `${stream} ${version} ${type}`)
  }
  return { ...place_, type, seat, body }
}

/** A hall or tender is whole from its first event; the batches are a range of the platform's. */
function checkOrder(stream: string, events: readonly LogEvent[], findings: Findings): void {
  const name = stream.startsWith('hall:') ? names.HALL_EVENTS : stream === 'batches' ? names.BATCH_EVENTS : `${names.EVENTS}tender.jsonl`
  let expected = stream === 'batches' ? events[0]!.version : 1
  let last: LogEvent | null = null
  for (const event of events) {
    if (event.version !== expected) findings.add(name, 'stream-gap', `${stream}: ${expected} → ${event.version}`, { leaf: event.index })
    if (last && (event.index <= last.index || event.at < last.at)) findings.add(name, 'stream-out-of-order', `${stream} ${event.version}`, { leaf: event.index })
    expected = event.version + 1
    last = event
  }
}
