/** What a verified archive says came out: lines read, bids that failed, and the hall's end. */
import { type Findings } from '../report'
import type { Case } from './case'
import { closedWith, sessionsOf } from './record'

export interface ReadLine {
  part: string
  number: number
  bid: string
  bidder: string
  creditCode: string
  price: string
  form: Readonly<Record<string, string>>
}
export interface FailedBid {
  bid: string
  bidder: string
  creditCode: string
  reason: string
}
/** Facts of an opening, each proven by the steps that passed. */
export interface Facts {
  lot: string
  tender: string
  title: string
  demonstration: boolean
  opensAt: string
  closed: number
  read: ReadLine[]
  failed: FailedBid[]
  drawn: string
  ending: string
  records: string[]
  form: { name: string; zh: string; en: string; kind: string }[]
}

export function tellOutcome(bench: Case, findings: Findings): Facts {
  const identities = bench.identities()
  const { setup } = bench
  const openings = bench.opened_()
  const rows = bench.of('ListAnnounced').flatMap((event) => event.body.rows as unknown as { bid: string; number: number }[])
  const numbers = new Map(rows.map((row) => [row.bid, row.number]))
  const lineRead = new Set<string>()
  let part = 'main'
  for (const event of bench.of('ReadingStarted', 'LineRead')) {
    if (event.type === 'ReadingStarted') part = String(event.body.part)
    else lineRead.add(`${String(event.body.bid)} ${part}`)
  }
  const read = openings.flatMap((one): ReadLine[] => {
    if (!one.opening.ok || !lineRead.has(`${one.bid} ${one.part}`)) return []
    const who = identities.get(one.bid)
    return [{
      part: one.part, number: numbers.get(one.bid) ?? 0, bid: one.bid, bidder: who?.name ?? '', creditCode: who?.creditCode ?? '',
      price: one.opening.form?.price ?? '', form: one.opening.form ?? {},
    }]
  })
  const failed = [
    ...[...identities].filter(([, one]) => !one.ok).map(([bid, one]) => ({ bid, bidder: one.name ?? '', creditCode: one.creditCode ?? '', reason: one.reason ?? '' })),
    ...openings.filter((one) => !one.opening.ok).map(({ bid, opening }) => ({
      bid, bidder: identities.get(bid)?.name ?? '', creditCode: identities.get(bid)?.creditCode ?? '', reason: opening.reason ?? '',
    })),
  ]
  const ending = bench.of('Failed', 'Aborted').at(-1)
  findings.note('outcome', { n: read.length, failed: failed.length })
  const records = bench.of('RecordRendered').length ? sessionsOf(bench).map(closedWith).filter(Boolean) : []
  return {
    lot: bench.opened.manifest.lot,
    tender: bench.opened.manifest.tender,
    title: [setup.title, setup.lotTitle].filter(Boolean).join(' · '),
    demonstration: setup.demonstration === true,
    opensAt: String(setup.opensAt),
    closed: bench.closed().length,
    read: read.sort((a, b) => (a.part === b.part ? a.number - b.number : a.part < b.part ? -1 : 1)),
    failed,
    drawn: bench.of('CoefficientDrawn').map((event) => String(event.body.value)).join('、'),
    ending: ending ? String(ending.body.code ?? '') : '',
    records,
    form: (setup.form ?? []) as unknown as Facts['form'],
  }
}
