/** What the platform said at sign-in about the certificate, told once on the first page after it. */
import { toast } from '@/design/toast'
import { day } from '@/i18n/format'
import type { SignedInBody } from '@/wire/api'
import { t } from './words'

type Warnings = SignedInBody['warnings']
const keyOf = (slot: string): string => `kb-warnings-${slot}`

export function keepWarnings({ slot, warnings }: SignedInBody): void {
  if (warnings.length) sessionStorage.setItem(keyOf(slot), JSON.stringify(warnings))
}

export function tellWarnings(slot: string): void {
  const kept = sessionStorage.getItem(keyOf(slot))
  if (!kept) return
  sessionStorage.removeItem(keyOf(slot))
  for (const { code, notAfter } of JSON.parse(kept) as Warnings) {
    if (code === 'certificate-ends-soon' && notAfter) toast(t('warnEnds', { day: day(notAfter) }))
    else if (code === 'revocation-unknown') toast(t('warnUnknown'))
  }
}
