/** What kind of .p12 a file is, seen from its object identifiers, before any library is fetched. */
import { children, oid, readWhole, TAG } from './der'

/** PKCS#12 password-based encryption of the nineties: RC4, RC2 and 3DES under SHA-1 (RFC 7292 appendix C). */
const LEGACY = [1, 2, 3, 4, 5, 6].map((kind) => oid(`1.2.840.113549.1.12.1.${kind}`))
/** PBES2 with 3DES, as some Java and Windows exports write. */
const TRIPLE_DES = oid('1.2.840.113549.3.7')

export function isPkcs12(file: Uint8Array): boolean {
  try {
    const [version, safe] = children(readWhole(file))
    return version?.tag === TAG.integer && version.value[0] === 3 && safe?.tag === TAG.sequence
  } catch {
    return false
  }
}

/** Whether WebCrypto alone cannot decrypt it. */
export const isLegacy = (file: Uint8Array): boolean => usesPbes1(file) || contains(file, TRIPLE_DES)

/** Whether its keys are derived the old way, from the password as UTF-16. */
export const usesPbes1 = (file: Uint8Array): boolean => LEGACY.some((wanted) => contains(file, wanted))

function contains(file: Uint8Array, wanted: Uint8Array): boolean {
  const start = wanted[0] ?? 0
  for (let at = file.indexOf(start); at >= 0; at = file.indexOf(start, at + 1)) {
    if (wanted.every((byte, i) => file[at + i] === byte)) return true
  }
  return false
}
