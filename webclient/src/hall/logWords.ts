/** The log's lines in words. */
import { capital, clock, duration, money, words } from '@/i18n'
import type { Entry } from './log'
import { partName } from './parts'
import { recordWord } from './recordWords'

const t = words(
  'hallLog',
  {
    turn_closing: '投标截止，开标开始',
    turn_identifying: '投标文件已锁定，开始核验投标人身份',
    'turn_identity-released': '{by} 已提供身份密钥份额',
    turn_list: '公布投标人名单，共 {count} 家',
    turn_decrypting: '投标人解密开始，截至 {until}',
    turn_extended: '解密时间对全体投标人延长至 {until}。理由：{reason}',
    'turn_decryption-ended': '投标人解密结束：已解密 {released} 家，未解密 {missing} 家',
    turn_admitted: '开启名单确定，共 {count} 家',
    'turn_admitted-signed': '{by} 已签署开启名单',
    'turn_hall-released': '{by} 已提供开标密钥份额',
    turn_drawn: '抽取结果：{value}',
    turn_reading: '开始唱标，共 {count} 家{amounts}',
    turn_confirming: '唱标结束，请投标人确认报价，截至 {until}',
    turn_objections: '报价确认结束（{missing} 家未确认，{how}）；可以提出异议，截至 {until}',
    turn_objections_all: '投标人全部确认报价；可以提出异议，截至 {until}',
    turn_record: '异议环节结束，制作开标记录',
    turn_rendered: '开标记录已生成，请投标人签署',
    turn_rendered_unsigned: '开标记录已生成，依次签章',
    'turn_signing-closed': '投标人签署结束：已签 {signed} 家，未签 {missing} 家',
    turn_sealed: '{by} 已在开标记录上签章',
    turn_recorded: '开标记录签章完成，开标结束',
    turn_suspended: '开标暂停（{code}）：{reason}',
    turn_resumed: '开标恢复，时限顺延 {lost}。{reason}',
    'turn_handed-over': '主持人变更：{from} → {to}',
    turn_failed: '流标：{code}（{counted} 家，至少 {minimum} 家）',
    turn_aborted: '终止开标（{code}）：{reason}',
    turn_reconvened: '复会，开启“{part}”，共 {count} 家。{reason}',
    bid_present: '{who} 已签到',
    bid_fetched: '{who} 已取得加密密钥',
    bid_released: '{who} 已解密',
    bid_read: '唱标：{who}{price}',
    bid_confirmed: '{who} {how}',
    bid_failure: '{who} {stage}未通过：{reason}',
    bid_decided: '{who} 责任认定：{cause}，{effect}。理由：{reason}（{by}）',
    'seat_signed-in': '{who} 到场',
    objection_raised: '异议（{number}）{who}：{text}',
    objection_answered: '答复异议（{number}）：{answer}',
    record_signed: '{who} 已签署开标记录',
    price: '，投标报价 {price} 元（{capital}）',
    ceiling: '，最高投标限价 {amount} 元',
    benchmark: '，标底 {amount} 元',
    how_session: '已确认报价',
    how_signed: '已签名确认报价',
    how_deemed: '未确认，视同认可',
    how_noted: '未确认，已记录',
    missing_deemed: '视同认可',
    missing_noted: '已记录',
  },
  {
    turn_closing: 'Deadline passed, the opening begins',
    turn_identifying: 'The bids are locked; bidders’ identities are being verified',
    'turn_identity-released': '{by} released identity key shares',
    turn_list: 'List of bidders announced: {count}',
    turn_decrypting: 'Decryption by bidders begins, until {until}',
    turn_extended: 'Decryption extended for everybody until {until}. Reason: {reason}',
    'turn_decryption-ended': 'Decryption by bidders ended: {released} decrypted, {missing} not',
    turn_admitted: 'Admitted set fixed: {count}',
    'turn_admitted-signed': '{by} signed the admitted set',
    'turn_hall-released': '{by} released the opening key shares',
    turn_drawn: 'Drawn: {value}',
    turn_reading: 'Reading begins: {count} bids{amounts}',
    turn_confirming: 'Reading complete; bidders confirm their lines until {until}',
    turn_objections: 'Confirmation closed ({missing} did not confirm: {how}); objections until {until}',
    turn_objections_all: 'All lines are confirmed; objections until {until}',
    turn_record: 'Objections closed; the record is being made',
    turn_rendered: 'The record is ready for the bidders’ signatures',
    turn_rendered_unsigned: 'The record is ready to be sealed',
    'turn_signing-closed': 'Signing closed: {signed} signed, {missing} did not',
    turn_sealed: '{by} sealed the record',
    turn_recorded: 'Record sealed; the opening is complete',
    turn_suspended: 'Suspended ({code}): {reason}',
    turn_resumed: 'Resumed; deadlines move by {lost}. {reason}',
    'turn_handed-over': 'Host’s duty passed: {from} → {to}',
    turn_failed: 'Failed: {code} ({counted} of at least {minimum})',
    turn_aborted: 'Ended ({code}): {reason}',
    turn_reconvened: 'Reconvened for “{part}”: {count} bids. {reason}',
    bid_present: '{who} signed in',
    bid_fetched: '{who} fetched its sealed key',
    bid_released: '{who} decrypted',
    bid_read: 'Read: {who}{price}',
    bid_confirmed: '{who} {how}',
    bid_failure: '{who}: {stage} failed, {reason}',
    bid_decided: '{who}: found {cause}; {effect}. Reason: {reason} ({by})',
    'seat_signed-in': '{who} is present',
    objection_raised: 'Objection {number} by {who}: {text}',
    objection_answered: 'Answer to objection {number}: {answer}',
    record_signed: '{who} signed the record',
    price: ', price CNY {price}',
    ceiling: '; ceiling CNY {amount}',
    benchmark: '; tenderer’s estimate CNY {amount}',
    how_session: 'confirmed its line',
    how_signed: 'confirmed its line with a signature',
    how_deemed: 'did not confirm: deemed accepted',
    how_noted: 'did not confirm: noted',
    missing_deemed: 'deemed accepted',
    missing_noted: 'noted',
  },
)

type Key = Parameters<typeof t>[0]
/** The name of a seat's person, or what the key says. */
export type NameOf = (seat: string) => string

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

/** The facts of an entry as the words of its line take them. */
function params(entry: Entry, name: NameOf): Record<string, string> {
  const { facts } = entry
  const shown: Record<string, string> = {}
  for (const key of Object.keys(facts)) shown[key] = text(facts[key])
  for (const key of ['by', 'from', 'to'] as const) if (shown[key]) shown[key] = name(shown[key])
  if (shown.until) shown.until = clock(shown.until)
  shown.who = entry.group === 'bid' || entry.group === 'record' ? (entry.who ?? '') : name(entry.who ?? '')
  if (entry.kind === 'resumed') shown.lost = duration(Number(facts.lostMs ?? 0) / 1000)
  if (entry.group === 'bid') bidParams(entry, shown)
  if (entry.group === 'turn') turnParams(entry, shown)
  return shown
}

function bidParams(entry: Entry, shown: Record<string, string>): void {
  const price = (entry.facts.form as Record<string, string> | undefined)?.price
  shown.price = price ? t('price', { price: money(price), capital: capital(price) }) : ''
  if (entry.kind === 'confirmed') shown.how = t(`how_${text(entry.facts.confirmed)}` as Key)
  if (entry.kind === 'failure' || entry.kind === 'decided') {
    shown.stage = recordWord('stage', text(entry.facts.stage))
    shown.reason = entry.kind === 'decided' ? text(entry.facts.decidedReason) : recordWord('reason', text(entry.facts.reason))
    shown.cause = recordWord('cause', text(entry.facts.cause))
    shown.effect = recordWord('effect', text(entry.facts.effect))
    shown.by = text(entry.facts.decidedBy)
  }
}

function turnParams({ kind, facts }: Entry, shown: Record<string, string>): void {
  if (kind === 'reconvened') shown.part = partName(shown.part ?? '')
  if (kind === 'suspended') shown.code = recordWord('suspended', shown.code)
  if (kind === 'failed') shown.code = recordWord('failed', shown.code)
  if (kind === 'aborted') shown.code = recordWord('aborted', shown.code)
  if (kind === 'objections') shown.how = t(`missing_${text(facts.how)}` as Key)
  if (kind === 'reading') {
    const ceiling = facts.ceiling ? t('ceiling', { amount: money(text(facts.ceiling)) }) : ''
    shown.amounts = ceiling + (facts.benchmark ? t('benchmark', { amount: money(text(facts.benchmark)) }) : '')
  }
}

/** An entry as a sentence in the language in use. */
export function sentence(entry: Entry, name: NameOf): string {
  return t(`${entry.group}_${entry.kind}${variant(entry)}` as Key, params(entry, name)).trim()
}

function variant({ kind, facts }: Entry): string {
  if (kind === 'objections' && facts.missing === 0) return '_all'
  // Of an opening that failed or was aborted nobody signs the record but those who seal it.
  return kind === 'rendered' && !facts.until ? '_unsigned' : ''
}
