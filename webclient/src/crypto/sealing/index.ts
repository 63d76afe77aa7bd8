/** Sealing, for the bidder's worker and for benches. */
export { Gate } from './gate'
export { type Finished, type FinishInput, sealBid, type SealBidInput, type Sealed, SealingJob, type SealInput } from './job'
export { type SealedPart, type SealPartOptions, type SegmentSink } from './part'
export { type FileInput, type PartInput, type PartPlan, planParts, tidyName } from './plan'
export { contentDigest, droppingSink, type FileSink, opfsSink } from './sinks'
export { checkSameInput, type FileMark, protectState, type SealingState, unprotectState } from './state'
