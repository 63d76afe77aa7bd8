/** All that signing needs, fetched when something is signed first: a page that only looks does without it. */
import { now } from '@/clock'
import { signBy } from './signer/signer'

export { b64, canon } from '@/crypto/canonical'
export { openSession } from './sign-in'
export { signerFrom } from './signer/signer'

signBy(now)
