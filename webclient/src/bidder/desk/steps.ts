/** Where a bid stands, as the task list shows it: one step is next, what cannot be done yet says why. */
import { computed, type ComputedRef } from 'vue'
import { when, words } from '@/i18n'
import type { Task } from '@/design'
import { checkForm } from '../form/rules'
import { fieldsOf } from '../lot/package'
import type { BidRecord } from '../state/db'
import { t } from '../words'
import type { Desk } from './desk'

export const STEPS = ['certificate', 'files', 'price', 'seal', 'receipt', 'checkin', 'release', 'confirm'] as const
export type Step = (typeof STEPS)[number]

const say = words(
  'bidderSteps',
  {
    needSignIn: '用单位证书登录',
    files: '{n} 个文件',
    noFiles: '未选择',
    noFilesNeeded: '可以没有附件',
    filled: '已填写',
    left: '还差 {n} 项',
    working: '进行中',
    unfinished: '未传完，可以继续',
    sealed: '平台已收讫',
    saveKeys: '请保存密钥文件和恢复码',
    saveReceipt: '请下载回执',
    inHand: '已取得回执',
    checkedIn: '已签到 {at}',
    afterReceipt: '取得回执后',
    inHall: '开标后在大厅进行',
    late: '截止时未传完',
    refused: '平台未接受',
    over: '已截止',
  },
  {
    needSignIn: 'Sign in with your organisation’s certificate',
    files: '{n} files',
    noFiles: 'none chosen',
    noFilesNeeded: 'may be empty',
    filled: 'filled in',
    left: '{n} to fill in',
    working: 'under way',
    unfinished: 'not complete, can go on',
    sealed: 'received by the platform',
    saveKeys: 'save key file and recovery code',
    saveReceipt: 'download the receipt',
    inHand: 'in hand',
    checkedIn: 'done {at}',
    afterReceipt: 'after the receipt',
    inHall: 'in the hall, after the opening',
    late: 'not complete at the deadline',
    refused: 'not accepted',
    over: 'deadline passed',
  },
)

export interface StepFacts {
  drafting: boolean
  fileCount: number
  formLeft: number
}

/** What of the draft is there. */
export function factsOf(desk: Desk): StepFacts {
  const raw = desk.raw.value
  if (!raw) return { drafting: true, fileCount: 0, formLeft: 0 }
  const fileCount = raw.parts.reduce((sum, part) => sum + (desk.draft.files[part]?.length ?? 0), 0)
  const formLeft = raw.parts.reduce((sum, part) => sum + checkForm(desk.draft.values[part] ?? {}, fieldsOf(raw, part)).faults.length, 0)
  return { drafting: true, fileCount, formLeft }
}

export interface Steps {
  tasks: ComputedRef<Task[]>
  /** The step on the page: the one asked for if it can be done, else the next one. */
  shown: ComputedRef<Step>
}

type Line = Pick<Task, 'state' | 'detail'>

/** The state of each step; `drafting` when a new bid (or a replacement) is being put together. */
export function useSteps(desk: Desk, drafting: ComputedRef<boolean>, asked: () => unknown): Steps {
  const lines = computed<Record<Step, Line>>(() => (drafting.value ? draftLines(desk) : bidLines(desk)))
  const next = computed<Step>(() => STEPS.find((step) => ['todo', 'failed', 'now'].includes(lines.value[step].state)) ?? 'confirm')
  const shown = computed<Step>(() => STEPS.find((step) => step === asked() && lines.value[step].state !== 'blocked') ?? next.value)
  const tasks = computed<Task[]>(() =>
    STEPS.map((step) => {
      const line = lines.value[step]
      const plain = line.state === 'now' ? 'todo' : line.state
      return { key: step, label: t(step), ...line, state: step === shown.value && line.state !== 'failed' ? 'now' : plain }
    }),
  )
  return { tasks, shown }
}

const blocked = (detail: string): Line => ({ state: 'blocked', detail })

function later(): Pick<Record<Step, Line>, 'checkin' | 'release' | 'confirm'> {
  return { checkin: blocked(say('afterReceipt')), release: blocked(say('inHall')), confirm: blocked(say('inHall')) }
}

function draftLines(desk: Desk): Record<Step, Line> {
  const facts = factsOf(desk)
  const who = desk.session.value
  return {
    certificate: who ? { state: desk.draft.certified ? 'done' : 'todo', detail: who.organisation.name } : { state: 'todo', detail: say('needSignIn') },
    files: facts.fileCount ? { state: 'done', detail: say('files', { n: facts.fileCount }) } : { state: 'todo', detail: say('noFiles') },
    price: facts.formLeft ? { state: 'todo', detail: say('left', { n: facts.formLeft }) } : { state: 'done', detail: say('filled') },
    seal: desk.over.value ? blocked(say('over')) : { state: 'todo' },
    receipt: blocked(say('afterReceipt')),
    ...later(),
  }
}

function bidLines(desk: Desk): Record<Step, Line> {
  const bid = desk.last.value
  const who = desk.session.value
  const done = (detail = ''): Line => ({ state: 'done', ...(detail ? { detail } : {}) })
  const head = { certificate: done(who?.organisation.name), files: done(say('files', { n: bid?.files.length ?? 0 })), price: done(say('filled')) }
  switch (bid?.phase) {
    case 'live':
      return { ...head, seal: done(say('sealed')), receipt: receiptLine(bid), ...hallLines(desk) }
    case 'accepted':
      return { ...head, seal: { state: 'now', detail: say('sealed') }, receipt: blocked(say('working')), ...later() }
    case 'late':
    case 'refused':
      return { ...head, seal: { state: 'failed', detail: say(bid.phase) }, receipt: blocked('—'), ...later() }
    default: {
      const working = desk.run.value?.working.value || desk.elsewhereWorks.value
      return { ...head, seal: { state: 'now', detail: say(working ? 'working' : 'unfinished') }, receipt: blocked(say('afterReceipt')), ...later() }
    }
  }
}

function receiptLine(bid: BidRecord): Line {
  if (!bid.kept) return { state: 'todo', detail: say('saveKeys') }
  return bid.receiptSaved ? { state: 'done', detail: say('inHand') } : { state: 'todo', detail: say('saveReceipt') }
}

function hallLines(desk: Desk): Pick<Record<Step, Line>, 'checkin' | 'release' | 'confirm'> {
  const at = desk.live.value?.checkedInAt
  const open: Line = desk.over.value ? { state: 'todo' } : blocked(say('inHall'))
  return {
    checkin: at ? { state: 'done', detail: say('checkedIn', { at: when(at) }) } : { state: 'todo' },
    release: open,
    confirm: open,
  }
}
