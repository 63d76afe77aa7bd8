/** Steps on who acted: identity boxes, signed acts, and the draws whose inputs they gave. */
import { b64, canon, type Json, sha256hex, unb64 } from '@/crypto/canonical'
import { verifyDetached } from '@/crypto/cms'
import { drawIndex, drawSeed } from '@/crypto/draws'
import { Invalid } from '@/crypto/errors'
import { openIdentity } from '@/crypto/identity'
import { type Findings, place, Skipped } from '../report'
import type { Body, Case, IdentityFound, LogEvent } from './case'
import * as names from './names'

/** Each box that can be opened holds the signature and the bidder that the hall announced for it. */
export async function checkIdentities(bench: Case, findings: Findings): Promise<void> {
  const results = bench.identities()
  const seesAll = ['supervisor', 'court'].includes(bench.opened.manifest.right)
  let opened = 0
  for (const [bid, result] of results) {
    const path = names.bidPath(bid, 'identity.box')
    const [key, manifest] = [bench.identityKeys.get(bid), bench.manifests.get(bid)]
    if (!key || !manifest || !bench.opened.has(path)) {
      if (result.ok && seesAll) findings.add(path, 'identity-withheld')
      continue
    }
    try {
      const identity = await openIdentity(manifest, await bench.opened.read(path), key)
      opened += 1
      if (result.ok) await checkAnnounced(bench, bid, identity, result)
    } catch (fault) {
      if (result.ok) findings.take(place(path, fault))
    }
  }
  for (const event of bench.of('ListAnnounced')) checkList(event, results, findings)
  if (!opened && !findings.wrong.length) throw new Skipped({ key: 'no-boxes' })
  findings.note('boxes', { n: opened })
}

async function checkAnnounced(bench: Case, bid: string, identity: Awaited<ReturnType<typeof openIdentity>>, result: IdentityFound): Promise<void> {
  if (sha256hex(identity.certificate) !== result.certificateSha256) throw new Invalid('identity-differs', 'announced with another certificate')
  const closed = bench.closed().find(([name]) => name === bid)?.[1]
  const stamped = closed ? bench.stamped.get(closed.submission) : undefined
  if (stamped && result.genTime && stamped.toISOString() !== result.genTime) throw new Invalid('identity-differs', 'announced with another time stamp')
  const at = stamped ?? new Date(closed?.receivedAt ?? 0)
  const judged = await (await bench.trust()).judge(identity.certificate, identity.chain, at)
  if (judged.verdict === 'invalid' && !result.reason) throw new Invalid(judged.reason, judged.detail)
  if (judged.creditCode !== result.creditCode || identity.organisation.creditCode !== result.creditCode) {
    throw new Invalid('identity-differs', `the certificate speaks for ${judged.creditCode}`)
  }
  const told: [string, string, string][] = [
    ['name', result.name ?? '', identity.organisation.name],
    ['draw', result.draw ?? '', b64(identity.draw)],
    ['replaces', (result.replaces ?? []).join(), identity.replaces.join()],
  ]
  for (const [what, logged, sealed] of told) if (logged !== sealed) throw new Invalid('identity-differs', `announced with another ${what} than its box says`)
}

/** Names on the list are those that phase 0 found. */
function checkList(event: { body: Body }, results: ReadonlyMap<string, IdentityFound>, findings: Findings): void {
  for (const row of event.body.rows as unknown as { bid: string; creditCode: string; name: string }[]) {
    const result = results.get(row.bid)
    if (!result?.ok || result.creditCode !== row.creditCode || result.name !== row.name) findings.add(names.HALL_EVENTS, 'list-differs', `${row.bid} ${row.name}`)
  }
}

/** The statement that an event's signature covers; null for events that nobody signs. */
function statementOf(lot: string, part: string, event: LogEvent & { body: Body }, bench: Case): Body | null {
  const { body } = event
  switch (event.type) {
    case 'AdmittedSigned':
      return { label: 'kaibiao/sign-admitted/v1', lot, part, hash: body.hash ?? '' }
    case 'Adjudicated': {
      const bids = bench.of('Adjudicated').filter((one) => one.body.signature === body.signature).map((one) => String(one.body.bid))
      return { label: 'kaibiao/adjudicate/v1', lot, bids: bids.sort(), cause: body.cause ?? '', reason: body.reason ?? '' }
    }
    case 'LineConfirmed': {
      const opening = bench.opened_().find((one) => one.bid === body.bid && one.part === part)?.opening
      return { label: 'kaibiao/confirm/v1', lot, bid: body.bid ?? '', part, form: opening?.form ?? {} }
    }
    case 'ObjectionRaised':
      return { label: 'kaibiao/objection/v1', lot, objection: body.id ?? '', text: body.text ?? '' }
    case 'ObjectionAnswered':
      return { label: 'kaibiao/objection-answer/v1', lot, objection: body.id ?? '', text: body.text ?? '', resolution: body.resolution ?? '' }
    case 'Aborted':
      return { label: 'kaibiao/abort/v1', lot, code: body.code ?? '', reason: body.reason ?? '' }
    case 'Reconvened':
      return { label: 'kaibiao/reconvene/v1', lot, bids: [...(body.bids as string[])].sort(), reason: body.reason ?? '' }
    case 'HostHandedOver':
      return { label: 'kaibiao/host-handover/v1', lot, to: body.to ?? '', reason: body.reason ?? '' }
    default:
      return null
  }
}

const MAY_BE_UNSIGNED = new Set(['LineConfirmed', 'Aborted'])

/** Every signed act has its CMS in the archive, over the statement that its event tells, by the seat's organisation. */
export async function checkActs(bench: Case, findings: Findings): Promise<void> {
  const trust = await bench.trust()
  const { lot } = bench.opened.manifest
  let part = 'main'
  let count = 0
  for (const event of bench.hall) {
    if (!event.body) continue
    const told = { ...event, body: event.body }
    if (event.type === 'DecryptionStarted' || event.type === 'Reconvened') part = String(event.body.part ?? part)
    const statement = statementOf(lot, part, told, bench)
    const signature = String(event.body.signature ?? '')
    if (!statement || (!signature && MAY_BE_UNSIGNED.has(event.type))) continue
    const path = names.actPath(signature)
    count += 1
    try {
      if (!signature) throw new Invalid('signature-missing', event.seat)
      const cms = bench.opened.has(path) ? await bench.opened.read(path) : new Uint8Array()
      if (sha256hex(cms) !== signature) throw new Invalid('signature-differs', 'not the signature that was logged')
      await trust.require(await verifyDetached(cms, { data: canon(statement as Json) }), event.at, speaksFor(bench, event.seat))
    } catch (fault) {
      findings.take(place(signature ? path : names.HALL_EVENTS, fault, { leaf: event.index }))
    }
  }
  findings.note('acts', { n: count })
}

interface SeatEntry {
  seat: { id: string; role: string }
  creditCode?: string
}

/** The organisation whose seat acted, as the notice named it; a bidder's seat is its credit code. */
export function speaksFor(bench: Case, seat: string): string {
  const [role, id = ''] = seat.split(':')
  if (role === 'bidder') return id
  const entry = (bench.setup.seats as unknown as SeatEntry[]).find((one) => one.seat.role === role && one.seat.id === id)
  if (!entry?.creditCode) throw new Invalid('no-such-seat', seat)
  return entry.creditCode
}

/** Every draw follows from its inputs, these from commitments, boxes and openings. */
export async function checkDraws(bench: Case, findings: Findings): Promise<void> {
  const draws = bench.of('CoefficientDrawn')
  if (!draws.length) throw new Skipped({ key: 'nothing-drawn' })
  const committed = new Map(bench.of('DrawCommitted').map((event) => [String(event.body.by), String(event.body.commitment)]))
  const revealed = new Map(bench.of('DrawRevealed').map((event) => [String(event.body.by), String(event.body.value)]))
  const boxes = bench.identities()
  const kHalls = new Map(bench.opened_().map((one) => [one.bid, one.opening.kHall]))
  for (const event of draws) {
    try {
      const { reveals, kHalls: used, label, candidates, counter, seed, index, value } = event.body as unknown as {
        reveals: Record<string, string>; kHalls: Record<string, string>; label: string; candidates: string[]
        counter?: number; seed: string; index?: number; value: string
      }
      for (const [by, given] of Object.entries(reveals)) {
        if (given !== (revealed.get(by) ?? boxes.get(by)?.draw)) throw new Invalid('draw-differs', `${by} contributed something else`)
        if (revealed.has(by) && sha256hex(unb64(given)) !== committed.get(by)) throw new Invalid('draw-differs', `${by} revealed something else than it committed to`)
      }
      for (const [bid, kHall] of Object.entries(used)) if (kHalls.get(bid) !== kHall) throw new Invalid('draw-differs', `K_hall of ${bid}`)
      checkOutcome({ reveals, used, label, candidates, counter: counter ?? 0, seed, index: index ?? 0, value })
    } catch (fault) {
      findings.take(place(names.HALL_EVENTS, fault, { leaf: event.index }))
    }
  }
  findings.note('draws', { n: draws.length })
  return Promise.resolve()
}

interface Draw {
  reveals: Record<string, string>
  used: Record<string, string>
  label: string
  candidates: string[]
  counter: number
  seed: string
  index: number
  value: string
}

/** Seed, index and value from the inputs, as anybody computes them. */
export function checkOutcome(draw: Draw): void {
  const bytes = (all: Record<string, string>): Record<string, Uint8Array> => Object.fromEntries(Object.entries(all).map(([k, v]) => [k, unb64(v)]))
  const seed = drawSeed(draw.label, bytes(draw.reveals), bytes(draw.used))
  const index = Number(drawIndex(seed, draw.label, draw.candidates.length, draw.counter))
  const hexadecimal = [...seed].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  if (hexadecimal !== draw.seed || index !== draw.index || draw.candidates[index] !== draw.value) {
    throw new Invalid('draw-differs', `the inputs give ${draw.candidates[index]}, not ${draw.value}`)
  }
}
