/**
 * Evidence or bytes from outside do not verify.
 *
 * The codes are those of the platform's catalog (`bidding/catalog/crypto.toml`), so one text explains a refusal
 * wherever it happened. `facts` are plain values a message may show; never a secret.
 */
export class Invalid extends Error {
  readonly code: string
  readonly detail: string
  readonly facts: Readonly<Record<string, unknown>>

  constructor(code: string, detail = '', facts: Record<string, unknown> = {}) {
    super(detail ? `${code}: ${detail}` : code)
    this.name = 'Invalid'
    this.code = code
    this.detail = detail
    this.facts = facts
  }
}

/** Turns whatever a parser or WebCrypto throws at hostile bytes into `Invalid(code)`. */
export async function refusing<T>(code: string, detail: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof Invalid) throw error
    throw new Invalid(code, detail)
  }
}
