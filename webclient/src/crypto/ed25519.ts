/** Ed25519 signatures: WebCrypto where the browser has it, else noble's. */
import { own } from './bytes'

let native: boolean | undefined

/** Whether `signature` is the holder of `publicKey`'s over `message`. */
export async function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  if (native !== false) {
    try {
      const key = await crypto.subtle.importKey('raw', own(publicKey), 'Ed25519', false, ['verify'])
      const good = await crypto.subtle.verify('Ed25519', key, own(signature), own(message))
      native = true
      return good
    } catch (error) {
      if (native) return false // this browser knows Ed25519, so it is the key that is none
      native = !(error instanceof DOMException && error.name === 'NotSupportedError')
      if (native) return false
    }
  }
  const { ed25519 } = await import('@noble/curves/ed25519.js')
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false })
  } catch {
    return false
  }
}
