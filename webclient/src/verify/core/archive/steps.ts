/** The steps of an archive's check in their order; docs/verify/steps.md says the same in prose. */
import { Failed, groundGone, Skipped, runSteps, type Step, type StepSpec } from '../report'
import type { Source } from '../source'
import * as batches from './batches'
import * as bids from './bids'
import { Case, type Outside } from './case'
import { checkContents } from './contents'
import * as log from './log'
import { openArchive, type Right } from './opened'
import { type Facts, tellOutcome } from './outcome'
import * as people from './people'
import { checkQuorum } from './quorum'
import * as record from './record'
import { checkSetup } from './setup'
import { checkLayout } from './structure'
import type { Note } from '../report'

interface Bench extends Case {
  facts?: Facts
}

const STEPS: readonly StepSpec<Bench>[] = [
  { id: 'signature', run: log.checkSignature },
  { id: 'container', run: (bench, findings) => checkLayout(bench.opened, findings), needs: ['signature'] },
  { id: 'contents', run: (bench, findings) => checkContents(bench.opened, findings, bench.progress), needs: ['signature'] },
  { id: 'checkpoint', run: log.checkCheckpoint, needs: ['signature', 'contents'] },
  { id: 'leaves', run: log.checkLeaves, needs: ['checkpoint'] },
  { id: 'events', run: log.checkEvents, needs: ['leaves'] },
  { id: 'setup', run: checkSetup, needs: ['events'] },
  { id: 'closed', run: bids.checkClosed, needs: ['setup'] },
  { id: 'batches', run: batches.checkBatches, needs: ['events'] },
  { id: 'stamps', run: batches.checkTimeStamps, needs: ['batches'] },
  { id: 'receipts', run: batches.checkReceipts, needs: ['events'] },
  { id: 'shares', run: bids.checkShares, needs: ['closed'] },
  { id: 'identities', run: people.checkIdentities, needs: ['closed'] },
  { id: 'openings', run: bids.checkOpenings, needs: ['closed'] },
  { id: 'ciphertexts', run: bids.checkCiphertexts, needs: ['closed'] },
  { id: 'keys', run: bids.checkKeys, needs: ['closed'] },
  { id: 'files', run: bids.checkPayloads, needs: ['closed'] },
  { id: 'draws', run: people.checkDraws, needs: ['events'] },
  { id: 'acts', run: people.checkActs, needs: ['events'] },
  { id: 'quorum', run: checkQuorum, needs: ['events'] },
  {
    id: 'order',
    // Deciding everything anew needs the hall's rules, and those exist once, in Python.
    run: () => Promise.reject(new Skipped({ key: 'needs-command' })),
  },
  { id: 'minutes', run: record.checkMinutes, needs: ['events'] },
  { id: 'record', run: record.checkRecordSignatures, needs: ['minutes'] },
  {
    id: 'outcome',
    run: (bench, findings) => {
      bench.facts = tellOutcome(bench, findings)
    },
    needs: ['events', 'openings'],
  },
]
export const ARCHIVE_STEPS: readonly string[] = STEPS.map((step) => step.id)

export interface ArchiveReport {
  steps: Step[]
  facts: Facts | null
  trusted: Note[]
  right: Right | null
  lot: string
  origin: string
  issuedAt: string
  logKey: string
  checkpoint: string
}

/** A whole archive; raises `Unreadable` where there is none, everything else stands in the report. */
export async function verifyArchive(
  source: Source,
  outside: Outside,
  progress: (step: Step) => void,
  bytes: (done: number, total: number) => void,
  starting: (id: string) => void = () => undefined,
): Promise<{ report: ArchiveReport; bench: Case | null }> {
  let opened
  try {
    opened = await openArchive(source)
  } catch (fault) {
    if (!(fault instanceof Failed)) throw fault
    return { report: hopeless(fault, progress), bench: null }
  }
  const bench: Bench = new Case(opened, outside, bytes)
  const steps = await runSteps(bench, STEPS, progress, starting)
  const { manifest } = opened
  return {
    bench,
    report: {
      steps,
      facts: bench.facts ?? null,
      trusted: bench.trusted,
      right: manifest.right,
      lot: manifest.lot,
      origin: manifest.origin,
      issuedAt: manifest.issuedAt.toISOString(),
      logKey: bench.key ? (opened.has('log/key') ? (await opened.text('log/key')).trim() : '') : '',
      checkpoint: bench.checkpointNote,
    },
  }
}

/** The manifest itself cannot be read: everything hangs from it. */
function hopeless(fault: Failed, progress: (step: Step) => void): ArchiveReport {
  const steps = ARCHIVE_STEPS.map((id, n): Step =>
    n === 0
      ? { id, outcome: 'wrong', notes: [], wrong: [fault.wrong], unnamed: 0 }
      : groundGone(id, 'signature'),
  )
  steps.forEach(progress)
  return { steps, facts: null, trusted: [], right: null, lot: '', origin: '', issuedAt: '', logKey: '', checkpoint: '' }
}
