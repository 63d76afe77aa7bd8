/** The demonstration as steps: what happens at each stage of the hall, who acts, and where that is done. */
import type { Both } from '@/i18n'
import type { Demo, Player } from './demo'

export interface Step {
  key: string
  /** Phases of the hall during which this step is the current one. */
  phases: readonly string[]
  /** Commands that bring the step forward: whoever may give one of them has the turn. */
  acts: readonly string[]
  title: Both
  text: Both
  /** Whose step it is by default: a key of the cast, or a visitor without a name. */
  who: string
  path: (demo: Demo) => string
}

const hall = (demo: Demo): string => `/halls/${demo.lot}`

export const STEPS: readonly Step[] = [
  {
    key: 'bid',
    phases: ['SCHEDULED'],
    acts: [],
    title: { zh: '投标：在浏览器里加密', en: 'Bid: sealed in the browser' },
    text: {
      zh: '以演示甲公司的身份填报价、选文件、加密上传，拿到回执。文件在您的电脑上加密，平台和任何人都打不开。',
      en: 'As bidder 演示甲 fill in the price, choose files, seal and upload, and take the receipt. The files are sealed on your computer: neither the platform nor anyone else can open them.',
    },
    who: 'bidder-1',
    path: (demo) => `/lots/${demo.lot}/bid`,
  },
  {
    key: 'close',
    phases: ['CLOSING', 'CLOSED'],
    acts: [],
    title: { zh: '截止：封存全部投标', en: 'Deadline: all bids are closed' },
    text: {
      zh: '到点自动截止。平台封存投标清单并写入日志，之后谁也加不进、拿不走一份投标。',
      en: 'The deadline passes by itself. The platform closes the set of bids and logs it: from here no bid can be added or removed.',
    },
    who: '',
    path: hall,
  },
  {
    key: 'identify',
    phases: ['IDENTIFYING'],
    acts: ['ReleaseIdentityShares'],
    title: { zh: '公布投标人名单', en: 'Who has bid' },
    text: {
      zh: '三位开标人员中的任意两位各自放出份额，投标人名单才能解开。价格此时仍然谁也看不到。',
      en: 'Any two of the three officers release their shares, and only then can the list of bidders be read. Prices stay sealed.',
    },
    who: 'agency',
    path: hall,
  },
  {
    key: 'start',
    phases: ['LIST_ANNOUNCED'],
    acts: ['StartDecryption', 'SignIn'],
    title: { zh: '签到，开始解密', en: 'Signing in, starting decryption' },
    text: {
      zh: '名单公布后投标人签到，主持人宣布开始解密。',
      en: 'With the list announced bidders take their seats and the host starts decryption.',
    },
    who: 'agency',
    path: hall,
  },
  {
    key: 'release',
    phases: ['DECRYPTING'],
    acts: ['ReleaseKey'],
    title: { zh: '投标人远程解密', en: 'Bidders release their keys' },
    text: {
      zh: '每个投标人在自己的浏览器里放出解密密钥。看看解密看板上的席位逐个亮起。',
      en: 'Each bidder releases its key from its own browser. Watch the seats light up on the decryption board.',
    },
    who: 'bidder-1',
    path: hall,
  },
  {
    key: 'open',
    phases: ['ADJUDICATING', 'ADMITTED', 'OPENING'],
    acts: ['Adjudicate', 'FixAdmitted', 'SignAdmitted', 'ReleaseHallShares'],
    title: { zh: '同时开启全部投标', en: 'All bids open at one moment' },
    text: {
      zh: '开标人员签认准许开启的名单，再放出大厅份额：所有投标在同一刻打开。',
      en: 'The officers sign the admitted set and release the hall’s shares: every bid opens at the same moment.',
    },
    who: 'agency',
    path: hall,
  },
  {
    key: 'read',
    phases: ['READING'],
    acts: ['StartReading'],
    title: { zh: '唱标', en: 'Prices are read out' },
    text: {
      zh: '大厅逐家唱标，读到谁谁的一行就高亮。打开声音听一听，也可以换成 3D 大厅。',
      en: 'The hall reads out each bid and highlights its line. Turn the sound on, or try the 3D hall.',
    },
    who: '',
    path: hall,
  },
  {
    key: 'confirm',
    phases: ['CONFIRMING'],
    acts: ['ConfirmLine'],
    title: { zh: '投标人确认报价', en: 'Bidders confirm their line' },
    text: {
      zh: '每个投标人核对自己那一行并签名确认；不对就当场提异议。',
      en: 'Each bidder checks its own line and confirms it by signature, or objects on the spot.',
    },
    who: 'bidder-1',
    path: hall,
  },
  {
    key: 'object',
    phases: ['OBJECTION'],
    acts: ['CloseObjections', 'AnswerObjection'],
    title: { zh: '异议与答复', en: 'Objections and answers' },
    text: {
      zh: '可以用演示甲公司提一条异议，由主持人签名答复；没有异议，倒计时结束后自动继续。',
      en: 'Raise an objection as 演示甲 and answer it as the host; without one the hall goes on when the countdown ends.',
    },
    who: 'agency',
    path: hall,
  },
  {
    key: 'sign',
    phases: ['RECORD_SIGN'],
    acts: ['SignRecord'],
    title: { zh: '签开标记录', en: 'Signing the record' },
    text: {
      zh: '开标记录已生成 PDF。投标人签它的哈希值，签名附在文件里。',
      en: 'The record is now a PDF. Bidders sign its hash; their signatures are attached to the file.',
    },
    who: 'bidder-1',
    path: hall,
  },
  {
    key: 'seal',
    phases: ['SEALING'],
    acts: ['SealRecord'],
    title: { zh: '主持、招标人、监督依次签章', en: 'Host, tenderer and supervisor seal it' },
    text: {
      zh: '三方依次加盖带时间戳的电子签名，记录定稿。',
      en: 'The three sign in turn, with time stamps, and the record is final.',
    },
    who: 'supervisor',
    path: hall,
  },
  {
    key: 'verify',
    phases: ['RECORDED', 'FAILED', 'ABORTED'],
    acts: [],
    title: { zh: '核验：谁都可以', en: 'Verify: anyone can' },
    text: {
      zh: '下载开标记录，拖进核验页。试着改动一个字节，看看会怎样。',
      en: 'Download the record and drop it on the verification page. Change one byte and see what happens.',
    },
    who: '',
    path: hall,
  },
]

/** Which step the hall's phase stands for. */
export function stepAt(phase: string | null): number {
  const found = STEPS.findIndex((step) => step.phases.includes(phase ?? 'SCHEDULED'))
  return Math.max(0, found)
}

export interface Turn {
  key: string
  player: Player
}

/** Whose turn it is among those whom the visitor plays. */
export function turnsOf(demo: Demo, step: Step): Turn[] {
  return Object.entries(demo.cast)
    .filter(([key, player]) => !demo.companions.includes(key) && hasTurn(demo, step, key, player))
    .map(([key, player]) => ({ key, player }))
}

function hasTurn(demo: Demo, step: Step, key: string, player: Player): boolean {
  if (step.key === 'bid') return key === step.who
  if (step.key === 'seal') return player.seats.includes(demo.sealFor ?? '')
  return step.acts.some((act) => player.may.includes(act))
}
