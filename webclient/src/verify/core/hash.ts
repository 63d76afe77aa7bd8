/** SHA-256 over pieces: WebCrypto where all is there at once, else piece by piece. */
import { sha256 } from '@noble/hashes/sha2.js'
import { digest } from '@/crypto/bytes'

export interface RunningHash {
  /** `only`: nothing follows and nothing came before. */
  add(block: Uint8Array, only?: boolean): Promise<void>
  end(): Promise<Uint8Array>
}

export function createSha256(): RunningHash {
  const running = sha256.create()
  let whole: Uint8Array | null = null
  return {
    async add(block, only = false) {
      if (only) whole = await digest(block)
      else running.update(block)
    },
    end: () => Promise.resolve(whole ?? running.digest()),
  }
}
