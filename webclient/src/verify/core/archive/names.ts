/** Where things stand in an archive (docs/formats/archive.md). Mirrors `bidding/archive/names.py`. */
export const CHECKPOINT = 'log/checkpoint'
export const LOG_KEY = 'log/key'
export const WITNESSES = 'log/witnesses'
export const LEAVES = 'log/leaves.jsonl'
export const EARLIER = 'log/earlier/'
export const EVENTS = 'events/'
export const HALL_EVENTS = 'events/hall.jsonl'
export const BATCH_EVENTS = 'events/batches.jsonl'
export const BATCH_OPENINGS = 'batches/openings.jsonl'
export const NOTICES = 'tender/notices/'
export const KEYSET = 'tender/keyset.json'
export const DOCUMENTS = 'tender/documents.json'
export const BIDS = 'bids/'
export const RECEIPT_KEYS = 'trust/receipt-keys.json'
export const AUTHORITIES = 'trust/authorities.json'
export const CRLS = 'trust/crl/'
export const OCSPS = 'trust/ocsp/'

const KNOWN = new RegExp(
  '^(?:' +
    [
      'log/(?:checkpoint|key|witnesses|leaves\\.jsonl|tile/[0-9x./p]+|earlier/\\d+\\.json)',
      'events/(?:hall|tender|batches)\\.jsonl',
      'batches/openings\\.jsonl',
      'tender/(?:keyset\\.json|documents\\.json|notices/\\d+\\.(?:json|p7s))',
      'ended/[0-9a-f]{64}/(?:manifest|statement)\\.json',
      'hall/acts/[0-9a-f]{64}\\.p7s',
      'bids/b_[a-z2-7]{26}/(?:manifest\\.json|identity\\.box|receipt\\.json|secrets\\.json|signature\\.p7s|statement\\.json|part-[a-z][a-z0-9-]{0,31}\\.ct)',
      'record/\\d+/(?:record\\.pdf|minutes\\.json|signatures/[0-9A-Z]{18}\\.p7s)',
      'trust/(?:anchors\\.pem|intermediates\\.pem|authorities\\.json|receipt-keys\\.json|crl/[0-9a-f]{32}\\.crl|ocsp/[0-9a-f]{32}\\.der)',
    ].join('|') +
    ')$',
)

/** Whether this version of the format has an entry of this name: nothing else may travel along. */
export const isKnown = (name: string): boolean => KNOWN.test(name)

export const bidPath = (bid: string, name: string): string => `bids/${bid}/${name}`
export const partPath = (bid: string, part: string): string => bidPath(bid, `part-${part}.ct`)
export const recordPath = (session: number, name: string): string => `record/${session}/${name}`
export const endedPath = (submission: string, name: string): string => `ended/${submission}/${name}`
export const actPath = (signature: string): string => `hall/acts/${signature}.p7s`
