/** What went wrong, for a person: the same shape whether the server said it (RFC 9457) or this page did. */
export interface Explained {
  /** What happened. */
  what: string
  /** What it means for the user: above all whether the bid is safe. */
  meaning: string
  /** What to do now. */
  do: string
}

export class Problem extends Error {
  readonly facts: Record<string, unknown>
  constructor(
    readonly code: string,
    readonly zh: Explained,
    readonly en: Explained,
    readonly status = 0,
    facts: Record<string, unknown> = {},
  ) {
    super(`${code}: ${en.what}`)
    this.name = 'Problem'
    this.facts = facts
  }
}

/** A problem found by this page itself. */
export function problem(code: string, zh: Explained, en: Explained, facts: Record<string, unknown> = {}): Problem {
  return new Problem(code, zh, en, 0, facts)
}

interface Body {
  code?: string
  zh?: Explained
  en?: Explained
  facts?: Record<string, unknown>
}

/** The problem a server's answer or a frame carries. */
export function problemFrom(body: unknown, status: number): Problem {
  const { code, zh, en, facts } = (body ?? {}) as Body
  if (code && zh && en) return new Problem(code, zh, en, status, facts)
  return new Problem(
    'unreadable-answer',
    {
      what: `服务器的回答无法识别（${status}）。`,
      meaning: '这一步没有得到确认；此前已收到回执的内容都安全。',
      do: '请稍后重试；仍然出现请把代码告诉平台运维。',
    },
    {
      what: `The server's answer (${status}) could not be understood.`,
      meaning: 'This step is not confirmed; everything you hold a receipt for is safe.',
      do: 'Try again shortly. If it stays, tell the platform’s support the code.',
    },
    status,
  )
}

export function offline(): Problem {
  return problem(
    'offline',
    {
      what: '连不上服务器。',
      meaning: '这一步没有送达；此前已收到回执的内容都安全。',
      do: '请检查网络。连上后再试一次，重复提交不会产生两份。',
    },
    {
      what: 'The server cannot be reached.',
      meaning: 'This step did not arrive; everything you hold a receipt for is safe.',
      do: 'Check your connection and try again. Repeating it does not submit twice.',
    },
  )
}

/** Anything thrown, as a problem that can be shown. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown
  const detail = thrown instanceof Error ? thrown.message : String(thrown)
  return problem(
    'page-fault',
    {
      what: `页面遇到意外错误：${detail}`,
      meaning: '此前已收到回执的内容都安全；这一步可能没有完成。',
      do: '请刷新页面后重试；仍然出现请把这段文字告诉平台运维。',
    },
    {
      what: `The page met an unexpected fault: ${detail}`,
      meaning: 'Everything you hold a receipt for is safe; this step may not have been carried out.',
      do: 'Reload the page and try again. If it stays, send this text to the platform’s support.',
    },
  )
}
