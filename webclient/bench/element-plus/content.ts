// Columns and lines of the compared page.
import { ElTag, type Column } from 'element-plus'
import { h } from 'vue'
import type { BidRow } from '../../src/wire/hall'

export interface Line {
  key: string
  at: string
  text: string
}

const cell = (column: Partial<Column<BidRow>>): Column<BidRow> => column as Column<BidRow>
const form = (row: BidRow): Record<string, string> => row.parts.main?.form ?? {}

export const boardColumns: Column<BidRow>[] = [
  cell({ key: 'number', title: '序号', dataKey: 'number', width: 60 }),
  cell({ key: 'name', title: '投标人', dataKey: 'name', width: 180 }),
  cell({ key: 'price', title: '投标报价', width: 160, align: 'right', cellRenderer: ({ rowData }) => h('strong', form(rowData).price) }),
  cell({ key: 'rest', title: '其他内容', width: 110, cellRenderer: ({ rowData }) => h('span', `工期 ${form(rowData).duration ?? ''} 日历天`) }),
  cell({
    key: 'confirmed',
    title: '投标人确认',
    width: 140,
    cellRenderer: ({ rowData }) => h(ElTag, { type: rowData.parts.main?.confirmed ? 'success' : 'info' }, () => (rowData.parts.main?.confirmed ? '投标人在线确认' : '待确认')),
  }),
]

export const logColumns: Column<Line>[] = [
  { key: 'at', title: '时间', dataKey: 'at', width: 80 },
  { key: 'text', title: '事项', dataKey: 'text', width: 300 },
]

/** What each bidder did, oldest first. */
export function logOf(rows: BidRow[]): Line[] {
  const lines: Line[] = []
  for (const row of rows) {
    const line = row.parts.main ?? {}
    const times: [string | undefined, string][] = [
      [row.presentAt, '已签到'],
      [line.fetchedAt, '已取得加密密钥'],
      [line.releasedAt, '已解密'],
      [line.readAt, '已唱标'],
      [line.confirmedAt, '已确认'],
    ]
    for (const [at, text] of times) if (at) lines.push({ key: `${row.number} ${text}`, at, text: `${row.name} ${text}` })
  }
  lines.sort((a, b) => a.at.localeCompare(b.at))
  return lines.map((line) => ({ ...line, at: new Date(line.at).toLocaleTimeString('zh-CN', { hour12: false }) }))
}
