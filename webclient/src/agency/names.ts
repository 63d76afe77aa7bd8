/** The field's names for regimes, project types, stages and seats, as the rule book has them. */
import { lang, pick, type Both } from '@/i18n'
import type { Mode, ProjectType, Regime } from '@/wire/bodies'

const both = (zh: string, en: string): Both => ({ zh, en })

export const REGIMES: Record<Regime, Both> = {
  ENG: both('工程建设（依法必须招标）', 'Engineering, tender required by law'),
  GP: both('政府采购（公开/邀请招标）', 'Government procurement, open or invited'),
  'GP-N': both('政府采购（磋商/谈判/询价）', 'Government procurement by negotiation'),
  SMALL: both('限额以下（小额工程）', 'Below the threshold'),
  VOL: both('自愿招标', 'Voluntary tender'),
  REHEARSAL: both('演示/模拟开标', 'Rehearsal'),
}
export const TYPES: Record<ProjectType, Both> = {
  works: both('施工', 'Works'),
  epc: both('工程总承包（EPC）', 'EPC'),
  supervision: both('监理/勘察/设计', 'Supervision, survey, design'),
  goods: both('货物', 'Goods'),
  services: both('服务', 'Services'),
  gp: both('政府采购（按采购文件）', 'Procurement, fields as documents say'),
}
export const MODES: Record<Mode, Both> = { open: both('公开招标', 'Open'), invited: both('邀请招标', 'Invited') }

const STATES: Record<string, Both> = {
  draft: both('草稿', 'Draft'),
  published: both('招标中', 'Receiving bids'),
  clarified: both('招标中（有澄清）', 'Receiving bids, clarified'),
  extended: both('招标中（已延期）', 'Receiving bids, extended'),
  closed: both('开标中', 'Being opened'),
  opened: both('已开标', 'Opened'),
  awarded: both('已定标', 'Awarded'),
  failed: both('流标', 'Failed'),
  terminated: both('已终止', 'Terminated'),
}
export type Mark = 'neutral' | 'info' | 'good' | 'warn' | 'bad'
const MARKS: Record<string, Mark> = { draft: 'neutral', closed: 'warn', opened: 'good', awarded: 'good', failed: 'bad', terminated: 'bad' }

const SEATS: Record<string, Both> = {
  agency: both('招标代理', 'Agency'),
  tenderer: both('招标人', 'Tenderer'),
  supervisor: both('监督', 'Supervisor'),
  centre: both('交易中心', 'Trading centre'),
  notary: both('公证', 'Notary'),
}
export const ROLES: Record<string, Both> = {
  host: both('主持人', 'Host'),
  deputy: both('副主持人', 'Deputy host'),
  tenderer: both('招标人代表', 'Tenderer’s representative'),
  supervisor: both('监督', 'Supervisor'),
  witness: both('见证', 'Witness'),
  support: both('技术支持', 'Technical support'),
}
export const PARTS: Record<string, Both> = {
  main: both('投标文件', 'Bid'),
  technical: both('技术标', 'Technical envelope'),
  price: both('商务（报价）标', 'Price envelope'),
}
export const KINDS: Record<string, Both> = {
  money: both('金额（元）', 'Amount in yuan'),
  ratio: both('比率', 'Ratio'),
  text: both('文字', 'Text'),
  integer: both('整数', 'Whole number'),
  date: both('日期', 'Date'),
  choice: both('选项', 'Choice'),
}

const named = (table: Record<string, Both>, key: string): string => {
  const found = table[key]
  return found ? pick(found) : key
}
export const regimeName = (key: string): string => named(REGIMES, key)
export const typeName = (key: string): string => named(TYPES, key)
export const modeName = (key: string): string => named(MODES, key)
export const stateName = (key: string): string => named(STATES, key)
export const stateMark = (key: string): Mark => MARKS[key] ?? 'info'
export const roleName = (key: string): string => named(ROLES, key)
export const partName = (key: string): string => named(PARTS, key)
export const kindName = (key: string): string => named(KINDS, key)
/** `officer:agency` → 招标代理席. */
export function seatName(seat: string): string {
  const plain = seat.replace('officer:', '')
  const known = SEATS[plain]
  if (!known) return plain
  return lang.value === 'zh' ? `${known.zh}席` : `${known.en} seat`
}
export const options = (table: Record<string, Both>): { value: string; label: string }[] =>
  Object.entries(table).map(([value, text]) => ({ value, label: pick(text) }))
