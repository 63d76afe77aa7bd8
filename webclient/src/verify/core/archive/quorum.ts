/** Nothing opens early: witnesses before the shares, enough officers behind each step, and only what was admitted. */
import { canon, sha256hex } from '@/crypto/canonical'
import { type Findings } from '../report'
import type { Body, Case, LogEvent } from './case'
import * as names from './names'

type Told = LogEvent & { body: Body }

export function checkQuorum(bench: Case, findings: Findings): void {
  const walk = new Walk(bench, findings)
  for (const event of bench.hall) if (event.body) walk.take({ ...event, body: event.body })
  checkWitnesses(bench, findings)
  if (walk.opened) findings.note('quorum', { k: walk.quorum })
}

class Walk {
  readonly quorum: number
  opened = 0
  private identities = new Set<string>()
  private admitted: { bids: Set<string>; hash: string } | null = null
  private signed = new Set<string>()
  private released = new Set<string>()

  constructor(
    private readonly bench: Case,
    private readonly findings: Findings,
  ) {
    this.quorum = Number(bench.setup.quorum ?? 1)
  }

  take(event: Told): void {
    const by = String(event.body.by ?? '')
    switch (event.type) {
      case 'IdentitySharesReleased':
        this.identities.add(by)
        break
      case 'IdentitiesVerified':
        this.require(event, this.identities.size >= this.quorum, 'identities were opened with fewer officers than the quorum')
        break
      case 'DecryptionStarted':
      case 'AdmittedFixed':
        this.admitted = event.type === 'AdmittedFixed' ? { bids: new Set(event.body.bids as string[]), hash: String(event.body.hash) } : null
        this.signed = new Set()
        this.released = new Set()
        if (this.admitted) this.require(event, this.admitted.hash === this.hashOf(event), "the hash of the admitted set is not the set's")
        break
      case 'AdmittedSigned':
        this.require(event, event.body.hash === this.admitted?.hash, 'signed another set than the admitted one')
        this.signed.add(by)
        break
      case 'HallSharesReleased':
        this.require(event, event.body.hash === this.admitted?.hash, 'hall shares for another set than the admitted one')
        this.require(event, this.signed.size >= this.quorum, 'hall shares before the officers signed the admitted set')
        this.released.add(by)
        break
      case 'BidsOpened':
        this.opening(event)
        break
    }
  }

  /** What the officers sign: SHA-256 over the part and the admitted submissions. */
  private hashOf(event: Told): string {
    const closed = new Map(this.bench.closed())
    const bids = [...(event.body.bids as string[])].sort().map((bid) => ({ bid, submission: closed.get(bid)?.submission ?? '' }))
    return sha256hex(canon({ label: 'kaibiao/admitted/v1', lot: this.bench.opened.manifest.lot, part: String(event.body.part), bids }))
  }

  private opening(event: Told): void {
    this.opened += 1
    const bids = Object.keys(event.body.results as object)
    this.require(event, bids.every((bid) => this.admitted?.bids.has(bid)), 'a bid was opened that was not admitted')
    this.require(event, this.released.size >= this.quorum, 'opened with fewer officers than the quorum')
  }

  private require(event: Told, holds: boolean, detail: string): void {
    if (!holds) this.findings.add(names.HALL_EVENTS, 'decided-otherwise', detail, { leaf: event.index })
  }
}

/** Closed stands under a checkpoint that as many witnesses cosigned as the rule row wants. */
function checkWitnesses(bench: Case, findings: Findings): void {
  const wanted = Number(bench.rules.witnessQuorum ?? 0)
  const closed = bench.of('Closed')[0]
  const told = bench.of('Cosigned').map((event) => String(event.body.witness))
  if (!wanted || !closed || !told.length) return
  const vouched = new Set(bench.cosigned.filter((one) => one.size > closed.index).flatMap((one) => one.witnesses))
  if (vouched.size < wanted || told.some((name) => !vouched.has(name))) {
    findings.add(names.WITNESSES, 'witnesses-missing', `${vouched.size} / ${wanted}`, { leaf: closed.index })
  } else findings.note('witnessed', { n: vouched.size })
}
