/** Where an opening stands, in a word or two. */
import { words } from '@/i18n'
import type { Phase } from '@/hall/wire'

const t = words(
  'supervision-phase',
  {
    SCHEDULED: '等待开标',
    CLOSING: '截止处理中',
    CLOSED: '等待见证',
    IDENTIFYING: '身份核验',
    LIST_ANNOUNCED: '名单已公布',
    DECRYPTING: '投标人解密',
    ADJUDICATING: '归责',
    ADMITTED: '签署开启集合',
    OPENING: '二次解密',
    READING: '唱标',
    CONFIRMING: '报价确认',
    OBJECTION: '异议',
    RECORD_SIGN: '签署记录',
    SEALING: '签章',
    RECORDED: '已结束',
    FAILED: '流标',
    ABORTED: '已终止',
  },
  {
    SCHEDULED: 'not open yet',
    CLOSING: 'closing',
    CLOSED: 'waits for witnesses',
    IDENTIFYING: 'identities',
    LIST_ANNOUNCED: 'list announced',
    DECRYPTING: 'phase A: release',
    ADJUDICATING: 'attributing failures',
    ADMITTED: 'signing the admitted set',
    OPENING: 'phase B: opening',
    READING: 'reading',
    CONFIRMING: 'confirmation',
    OBJECTION: 'objections',
    RECORD_SIGN: 'signing the record',
    SEALING: 'sealing the record',
    RECORDED: 'ended',
    FAILED: 'failed',
    ABORTED: 'aborted',
  } satisfies Record<Phase, string>,
)
export const phaseWord = (phase: Phase): string => t(phase)
