/** Current .p12 files: PBES2 (PBKDF2 and AES-CBC), read with pkijs on WebCrypto. */
import * as pkijs from 'pkijs'
import { TAG } from './der'
import type { P12Content } from './p12'
import { unreadable, wrongPassword } from './p12-faults'

const ENCRYPTED_DATA = '1.2.840.113549.1.7.6'
const KEY_BAG = '1.2.840.113549.1.12.10.1.1'
const SHROUDED_KEY_BAG = '1.2.840.113549.1.12.10.1.2'
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3'
/** PBMAC1 (RFC 9579), which pkijs does not know: there the decryption itself shows a wrong password. */
const PBMAC1 = '1.2.840.113549.1.5.14'

/** Throws `Problem`: `p12-password`, `p12-unreadable`. */
export async function readModern(file: Uint8Array, password: string): Promise<P12Content> {
  const secret = new TextEncoder().encode(password).buffer
  const pfx = pkijs.PFX.fromBER(file as BufferSource)
  const checkIntegrity = pfx.macData !== undefined && pfx.macData.mac.digestAlgorithm.algorithmId !== PBMAC1
  await orWrongPassword(pfx.parseInternalValues({ password: secret, checkIntegrity }))
  const safe = pfx.parsedValue?.authenticatedSafe
  if (!safe) throw unreadable()
  const safeContents = safe.safeContents.map((content) =>
    content.contentType === ENCRYPTED_DATA ? { password: secret } : {},
  )
  await orWrongPassword(safe.parseInternalValues({ safeContents }))
  const bags = safe.parsedValue.safeContents.flatMap((each: { value: pkijs.SafeContents }) => each.value.safeBags)
  return collect(bags, secret)
}

async function collect(bags: pkijs.SafeBag[], password: ArrayBuffer): Promise<P12Content> {
  const content: P12Content = { keys: [], certificates: [] }
  for (const bag of bags) {
    if (bag.bagId === SHROUDED_KEY_BAG) {
      const shrouded = bag.bagValue as unknown as Shrouded
      await orWrongPassword(shrouded.parseInternalValues({ password }))
      if (shrouded.parsedValue) content.keys.push(derOf(shrouded.parsedValue))
    } else if (bag.bagId === KEY_BAG) {
      content.keys.push(derOf(bag.bagValue as unknown as pkijs.PrivateKeyInfo))
    } else if (bag.bagId === CERTIFICATE_BAG) {
      const certificate = certificateOf(bag.bagValue as unknown as pkijs.CertBag)
      if (certificate) content.certificates.push(certificate)
    }
  }
  return content
}

interface Shrouded {
  parsedValue?: pkijs.PrivateKeyInfo
  parseInternalValues(parameters: { password: ArrayBuffer }): Promise<void>
}

const derOf = (value: { toSchema(): { toBER(): ArrayBuffer } }): Uint8Array => new Uint8Array(value.toSchema().toBER())

/** The certificate's own bytes, not encoded anew: its signature is over those. */
function certificateOf(bag: pkijs.CertBag): Uint8Array | null {
  const held = bag.certValue as { getValue?: () => ArrayBuffer } | undefined
  const bytes = held?.getValue ? new Uint8Array(held.getValue()) : null
  return bytes?.[0] === TAG.sequence ? bytes : null
}

/** Whatever fails while decrypting fails because of the password: the file's frame was read before. */
async function orWrongPassword<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch {
    throw wrongPassword()
  }
}
