/** Causes, effects and failures in the record's own words. */
import type { Cause } from '../../wire'
import { recordWord } from '../../recordWords'

export const causeWord = (cause: string): string => recordWord('cause', cause)
export const stageWord = (stage: string): string => recordWord('stage', stage)
export const failureWord = (reason: string): string => recordWord('reason', reason)
/** What the law makes of a cause (电子招标投标办法 art. 31). */
export const effectOf = (cause: Cause): string =>
  recordWord('effect', cause === 'UNKNOWN' ? 'pending' : cause === 'BIDDER' ? 'revoked' : 'withdrawn')
