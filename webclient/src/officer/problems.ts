/** What goes wrong with opening keys on this side, in an officer's words. */
import { asProblem, problem, type Problem } from '@/api/problem'
import { Invalid } from '@/crypto/errors'

export const cancelled = (): Problem =>
  problem(
    'opening-key-cancelled',
    { what: '没有打开开标密钥。', meaning: '什么都没有释放；开标进程等待您的操作。', do: '准备好口令或密钥文件后再点一次。' },
    { what: 'The opening key was not unlocked.', meaning: 'Nothing was released; the opening waits for you.', do: 'Try again with the passphrase or the key file at hand.' },
  )

export const foreign = (seat: string, lot: string): Problem =>
  problem(
    'key-file-foreign',
    {
      what: `这是另一个席位或标段的密钥文件（${seat}，${lot}）。`,
      meaning: '什么都没有改变；每个标段、每个席位的密钥各不相同。',
      do: '请选择为本标段、本席位保存的文件；文件名里写有标段编号。',
    },
    {
      what: `This is the key file of another seat or lot (${seat}, ${lot}).`,
      meaning: 'Nothing was changed; every seat of every lot has a key of its own.',
      do: 'Choose the file saved for this lot and seat; its name holds the lot’s number.',
    },
    { seat, lot },
  )

export const otherKey = (): Problem =>
  problem(
    'key-file-other',
    {
      what: '这个文件里的密钥不是平台登记的那一把。',
      meaning: '用它打不开本标段的投标；可能是重新生成密钥之前的旧文件。',
      do: '请选择最后一次登记时保存的文件；公告发布前也可以重新生成并登记。',
    },
    {
      what: 'The key in this file is not the one registered.',
      meaning: 'It opens no bid of this lot; it may be from before the key was made anew.',
      do: 'Choose the file saved at the last registration. Before publication you may also make and register a new one.',
    },
  )

const WORDS: Record<string, () => Problem> = {
  'bad-key-file': () =>
    problem(
      'bad-key-file',
      { what: '这不是开标密钥文件，或文件已损坏。', meaning: '什么都没有改变，投标不受影响。', do: '请选择备份的那一份（文件名形如“开标密钥-….json”）。' },
      { what: 'This is no opening-key file, or it is damaged.', meaning: 'Nothing was changed; no bid is affected.', do: 'Choose your backup (its name is like opening-key-….json).' },
    ),
  'wrong-passphrase': () =>
    problem(
      'wrong-passphrase',
      { what: '口令不正确。', meaning: '密钥没有打开，可以再试，次数不限；投标不受影响。', do: '请检查大小写和输入法后重新输入。' },
      { what: 'The passphrase is wrong.', meaning: 'The key did not open. Try as often as you like; no bid is affected.', do: 'Check capitals and the input method, and type it again.' },
    ),
}

/** A fault of the key file in words; everything else as it is. */
export function keyProblem(thrown: unknown): Problem {
  if (thrown instanceof Invalid) {
    const known = WORDS[thrown.code === 'not-canonical' || thrown.code === 'too-large' ? 'bad-key-file' : thrown.code]
    if (known) return known()
  }
  return asProblem(thrown)
}

export const absent = (): Problem =>
  problem(
    'opening-key-absent',
    { what: '本机浏览器里没有这把密钥的副本。', meaning: '什么都没有改变。', do: '请选择您保存的密钥文件。' },
    { what: 'This browser has no copy of that key.', meaning: 'Nothing was changed.', do: 'Choose the key file you saved.' },
  )
