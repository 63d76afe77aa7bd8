/** What was found wrong, in words: the platform's catalog where it has the code, and the few that only this page meets. */
import { ref, shallowRef } from 'vue'
import { lang } from '@/i18n'

type Texts = Readonly<Record<string, { zh: { what: string }; en: { what: string } }>>

const OWN: Readonly<Record<string, readonly [string, string]>> = {
  malformed: ['内容不是规定的格式。', 'It is not in the format it should have.'],
  'record-differs-minutes': ['这个文件不是日志里的那份记录：记录数据被改动过。', 'This file is not the record that the log names: its data was altered.'],
  'record-differs-pages': ['这个文件不是日志里的那份记录：印出的页面被改动过。', 'This file is not the record that the log names: its printed pages were altered.'],
  'record-differs-appended': ['这个文件不是日志里的那份记录：签名和附件部分被改动过。', 'This file is not the record that the log names: its signatures or attachments were altered.'],
  'record-missing': ['文件里没有开标记录的数据。', 'There is no data of an opening record in it.'],
  'minutes-value': ['记录里的内容与日志证明的不同。', 'The record says something else than the log proves.'],
  'minutes-row-added': ['记录里多出一行，日志里没有这个投标。', 'The record has a row for a bid that the log does not know.'],
  'minutes-row-missing': ['记录里少了一行，日志里有这个投标。', 'The record leaves out a bid that the log proves.'],
  'signature-dropped': ['日志里有这家投标人的签名，文件里没有。', 'The log has this bidder’s signature, the file does not.'],
  'receipt-unknown': ['回执签名有效，平台却说不认识这份投标：这对平台不利，请保留回执。', 'The receipt is signed, and yet the platform does not know the bid: that speaks against the platform. Keep it.'],
  'act-unreadable': ['这个操作回执缺少内容或格式不对。', 'Something is missing in this receipt of an act, or not in its format.'],
  'act-elsewhere': ['回执写的标段与事件所在的大厅不同。', 'The receipt names another lot than the hall that the event is from.'],
  'receipt-unreadable': ['这不是回执。', 'This is no receipt.'],
  'code-unknown': ['平台没有这个核验码对应的记录。请核对是否输错；确实印在记录上的，说明这份记录不是本平台的。', 'The platform has no record with this code. Check for typing errors; if it is printed like that, the record is not from this platform.'],
  'bad-batch': ['投标指纹算不出日志里的批次。', 'The bid’s fingerprint does not lead to the batch in the log.'],
  'not-included': ['日志里证明不了这一条。', 'The log does not prove this entry.'],
  'not-an-extension': ['两次看到的日志互相矛盾：前一次的不是后一次的开头。', 'Two views of the log contradict each other: the earlier is not the beginning of the later.'],
  'note-forged': ['检查点上的签名无效。', 'The signature on the checkpoint does not verify.'],
  'note-unsigned': ['检查点没有日志的签名。', 'The checkpoint is not signed by the log.'],
  'bad-note': ['检查点不是规定的格式。', 'The checkpoint is not in its format.'],
  'bad-verifier-key': ['日志公钥不是规定的格式。', 'The log’s key is not in its format.'],
  'authorities-malformed': ['证书机构名单不是规定的格式。', 'The list of authorities is not in its format.'],
  'signature-of-somebody-else': ['签名的证书属于别的单位。', 'The certificate that signed belongs to another organisation.'],
  'no-such-seat': ['没有为这个席位指定过人。', 'Nobody was named for this seat.'],
  'keyset-of-another-lot': ['密钥组属于别的标段。', 'The keyset belongs to another lot.'],
  'unreadable-file': ['这不是回执、开标记录或归档包。', 'This is neither a receipt nor a record nor an archive.'],
}

const catalog = shallowRef<Texts | null>(null)
const asked = ref(false)

/** Fetched only when something is wrong. */
async function fetchCatalog(): Promise<void> {
  if (asked.value) return
  asked.value = true
  const { default: messages } = await import('@/wire/messages.json')
  catalog.value = messages as Texts
}

/** What a code means, in the language in use; the code itself while the words are on their way. */
export function reason(code: string): string {
  const own = OWN[code]
  if (own) return own[lang.value === 'zh' ? 0 : 1]
  void fetchCatalog()
  return catalog.value?.[code]?.[lang.value].what ?? code
}
