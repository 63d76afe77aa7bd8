/** Refusals of the crypto core and of this desk's own checks, as problems a bidder can act on. */
import { asProblem, problem, Problem, type Explained } from '@/api/problem'
import { Invalid } from '@/crypto/errors'

type Words = Record<'zh' | 'en', [what: string, meaning: string, act: string]>

const REFUSES: [string, string] = ['本页拒绝据此加密：照此加密，他人可能提前打开投标。', 'This page refuses to seal: others could open the bid early.']
const REPORT: [string, string] = [
  '请向招标人核实，并保存本页截图向监督部门反映。',
  'Ask the tenderer, keep a picture of this page and report it to the supervising body.',
]
const unsound = (zh: string, en: string): Words => ({ zh: [zh, REFUSES[0], REPORT[0]], en: [en, REFUSES[1], REPORT[1]] })

const TABLE: Record<string, Words> = {
  'keyset-foreign': unsound('开标密钥不属于本标段。', 'The opening keys are not this lot’s.'),
  'bad-keyset': unsound('开标密钥没有通过签名验证。', 'The opening keys do not verify.'),
  'officers-differ': unsound('开标密钥不属于公告中列明的开标人员。', 'The opening keys are not those of the officers named in the notice.'),
  'notice-signer': unsound('公告不是由招标人或代理机构签名的。', 'The notice is not signed by the tenderer or its agency.'),
  'notice-differs': unsound('标段信息与已签名的公告不一致。', 'The lot’s facts contradict the signed notice.'),
  'documents-differ': unsound('招标文件与公告中的哈希不一致。', 'The documents do not match the hash in the notice.'),
  'signer-untrusted': unsound('公告或开标密钥的签名证书不能追溯到您的证书所信任的颁发机构。', 'A certificate under the notice or the opening keys does not lead to the authority behind your own certificate.'),
  'bad-signature': unsound('公告或密钥上的签名无效。', 'A signature under the notice or the keys is not valid.'),
  'wrong-passphrase': {
    zh: ['密钥文件口令不对，或文件被改动过。', '什么都没有发出，投标不受影响；可以再试，不限次数。', '请核对大小写和输入法；实在想不起来，可用恢复单上的恢复码。'],
    en: ['That is not the key file’s passphrase, or the file was altered.', 'Nothing was sent and the bid is not affected; try as often as you like.', 'Mind upper case and the input method. If it is lost, use the code on the recovery sheet.'],
  },
  'bad-key-file': {
    zh: ['这不是投标密钥文件。', '什么都没有发出，投标不受影响。', '请选择加密时下载的 bid-key-….json。'],
    en: ['This is no bid-key file.', 'Nothing was sent and the bid is not affected.', 'Choose the bid-key-….json that was downloaded when the bid was sealed.'],
  },
  'bad-recovery-code': {
    zh: ['恢复码有误：应为 28 位字母和数字，自带校验。', '什么都没有发出，投标不受影响；可以再试，不限次数。', '请对照恢复单逐组核对；字母 O 与数字 0、字母 I/L 与数字 1 视为相同。'],
    en: ['The recovery code is mistyped: it has 28 letters and digits and checks itself.', 'Nothing was sent and the bid is not affected; try as often as you like.', 'Compare it with the sheet group by group; O and 0, I, L and 1 are taken as the same.'],
  },
  'wrong-recovery-code': {
    zh: ['这个恢复码不是这份投标的。', '什么都没有发出，投标不受影响。', '请核对恢复单上的投标编号；替换过投标的，要用最新一份的恢复单。'],
    en: ['This recovery code belongs to another bid.', 'Nothing was sent and the bid is not affected.', 'Compare the bid id on the sheet; after a replacement only the newest sheet counts.'],
  },
  'part-too-large': {
    zh: ['文件总量超过了一份投标的上限（64 GiB）。', '还没有加密，什么都没有上传。', '请删减或压缩后重新选择。'],
    en: ['The files are more than one bid can hold (64 GiB).', 'Nothing was sealed or uploaded.', 'Leave some out or compress them, and choose again.'],
  },
  'bad-file-name': {
    zh: ['有文件名不能在各种系统上安全使用。', '还没有加密，什么都没有上传。', '请按“文件”一步列出的原因改名后重新选择。'],
    en: ['A file name is not safe on every system.', 'Nothing was sealed or uploaded.', 'Rename it as the step “Files” says and choose again.'],
  },
  'credit-code': {
    zh: ['统一社会信用代码有误。', '还没有加密，什么都没有上传。', '请核对 18 位代码；您证书中的代码有误时请联系证书颁发机构。'],
    en: ['A unified social credit code is wrong.', 'Nothing was sealed or uploaded.', 'Check its 18 characters; if the one in your certificate is wrong, ask its authority.'],
  },
}
TABLE['bad-recovery'] = TABLE['wrong-recovery-code']!

const lines = ([what, meaning, act]: [string, string, string]): Explained => ({ what, meaning, do: act })

/** Anything thrown by this desk's checks, as a problem. */
export function explained(thrown: unknown): Problem {
  if (!(thrown instanceof Invalid)) return asProblem(thrown)
  const known = TABLE[thrown.code]
  if (known) return problem(thrown.code, lines(known.zh), lines(known.en), { ...thrown.facts, detail: thrown.detail })
  return problem(
    thrown.code,
    { what: `没有通过验证：${thrown.detail || thrown.code}`, meaning: '什么都没有发出，已有回执的投标不受影响。', do: '请刷新后重试；仍然出现请把代码告诉平台。' },
    { what: `It does not verify: ${thrown.detail || thrown.code}`, meaning: 'Nothing was sent; bids with a receipt are not affected.', do: 'Reload and try again. If it stays, tell the platform the code.' },
    { ...thrown.facts },
  )
}
