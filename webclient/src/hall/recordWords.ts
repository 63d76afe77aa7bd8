// Generated from opening_hall/record/words.py by `python -m scripts.generate_hall_words`.
import { type Both, pick } from '@/i18n'

const TABLES: Record<string, Record<string, Both>> = {
  "cause": {
    "BIDDER": {
      "zh": "投标人原因",
      "en": "the bidder's doing"
    },
    "PLATFORM": {
      "zh": "平台原因",
      "en": "the platform's doing"
    },
    "TENDERER": {
      "zh": "招标人原因",
      "en": "the tenderer's doing"
    },
    "AGENCY": {
      "zh": "代理机构原因",
      "en": "the agency's doing"
    },
    "UNKNOWN": {
      "zh": "原因待查",
      "en": "cause not yet known"
    }
  },
  "effect": {
    "revoked": {
      "zh": "视为撤销投标文件；招标文件有规定的，投标保证金可以不予退还",
      "en": "deemed revoked; the deposit may be kept if the documents say so"
    },
    "withdrawn": {
      "zh": "视为撤回投标文件；退还投标保证金，投标人可以要求责任方赔偿直接损失",
      "en": "deemed withdrawn; the deposit is returned and direct loss may be claimed"
    },
    "pending": {
      "zh": "责任认定前不得关闭开标",
      "en": "the opening cannot close before the cause is decided"
    }
  },
  "failed": {
    "LT3_AT_DEADLINE": {
      "zh": "投标截止时投标人不足法定数量，不得开标",
      "en": "fewer bids than the minimum at the deadline; nothing is opened"
    },
    "LT3_AFTER_RECOUNT": {
      "zh": "身份核验后有效投标人不足法定数量，不得开标",
      "en": "fewer distinct verified bidders than the minimum; no price is opened"
    },
    "LT3_AFTER_DECRYPT": {
      "zh": "解密后投标文件不足法定数量，停止开标",
      "en": "fewer released bids than the minimum; the opening stops"
    }
  },
  "aborted": {
    "tampering": {
      "zh": "数据被篡改",
      "en": "data were tampered with"
    },
    "disclosure": {
      "zh": "截止前泄露",
      "en": "contents leaked before the deadline"
    },
    "data-loss": {
      "zh": "数据无法恢复",
      "en": "data cannot be recovered"
    },
    "tender-terminated": {
      "zh": "招标终止",
      "en": "the tender was terminated"
    }
  },
  "suspended": {
    "platform": {
      "zh": "平台故障",
      "en": "platform failure"
    },
    "certificate-authority": {
      "zh": "CA 故障",
      "en": "certificate authority failure"
    },
    "network": {
      "zh": "网络故障",
      "en": "network failure"
    },
    "attack": {
      "zh": "网络攻击",
      "en": "attack"
    },
    "on-the-spot": {
      "zh": "现场问题待解决",
      "en": "an issue on the spot"
    },
    "supervisor": {
      "zh": "监督部门要求",
      "en": "order of the supervising body"
    }
  },
  "reason": {
    "consortium-unsigned": {
      "zh": "联合体协议缺失或未经全体成员签署",
      "en": "no agreement signed by every member"
    },
    "mandate-invalid": {
      "zh": "授权委托书无效或不适用",
      "en": "the mandate does not hold for this bid"
    },
    "not-released": {
      "zh": "未在规定时间内解密",
      "en": "key not released in time"
    },
    "wrong-bidder-key": {
      "zh": "解密密钥与投标时的承诺不一致",
      "en": "the key is not the one committed to at sealing"
    },
    "dealing-mismatch": {
      "zh": "密钥分发与承诺不一致",
      "en": "the dealing contradicts its commitments"
    },
    "envelope-mismatch": {
      "zh": "密钥信封与承诺不一致",
      "en": "an envelope contradicts its commitment"
    },
    "false-share": {
      "zh": "密钥份额与承诺不一致",
      "en": "a share contradicts its commitment"
    },
    "shares-missing": {
      "zh": "可用密钥份额不足",
      "en": "too few usable shares"
    },
    "too-few-shares": {
      "zh": "可用密钥份额不足",
      "en": "too few usable shares"
    },
    "bad-identity": {
      "zh": "身份信封内容无效",
      "en": "the identity box is not valid"
    },
    "bad-identity-key": {
      "zh": "身份信封无法打开",
      "en": "the identity box cannot be opened"
    },
    "bad-manifest": {
      "zh": "投标清单不规范",
      "en": "the manifest is malformed"
    },
    "wrong-keyset": {
      "zh": "密封所用的开标密钥不是本标段的",
      "en": "sealed to another keyset"
    },
    "wrong-documents": {
      "zh": "密封所依据的招标文件不是有效版本",
      "en": "sealed on documents that do not count"
    },
    "wrong-round": {
      "zh": "密封所属轮次不符",
      "en": "sealed for another round"
    },
    "bad-cms": {
      "zh": "投标签名格式无效",
      "en": "the bid's signature is malformed"
    },
    "bad-signature": {
      "zh": "投标签名无效",
      "en": "the bid's signature is not valid"
    },
    "key-commit-mismatch": {
      "zh": "内容密钥与承诺不一致",
      "en": "the content key contradicts its commitment"
    },
    "form-commit-mismatch": {
      "zh": "唱标内容与承诺不一致",
      "en": "the form contradicts its commitment"
    },
    "bad-form": {
      "zh": "唱标内容不规范",
      "en": "the form is malformed"
    },
    "bad-ciphertext": {
      "zh": "密文不完整或被改动",
      "en": "the ciphertext is damaged or altered"
    },
    "bad-payload": {
      "zh": "投标文件内容不规范",
      "en": "the payload is malformed"
    },
    "object-missing": {
      "zh": "平台存储的投标文件缺失",
      "en": "the platform's store lost a piece of the bid"
    },
    "released-key-missing": {
      "zh": "平台未保存已确认的密钥",
      "en": "the platform lost a key it had acknowledged"
    },
    "lead-mismatch": {
      "zh": "联合体牵头人与签名人不一致",
      "en": "the consortium's lead is not the signer"
    },
    "time-stamp-delayed": {
      "zh": "时间戳迟延，按接收时间核验",
      "en": "time stamp delayed; judged at the time of receipt"
    },
    "time-stamp-missing": {
      "zh": "尚无时间戳，按接收时间核验",
      "en": "no time stamp yet; judged at the time of receipt"
    },
    "bad-certificate": {
      "zh": "证书格式无效",
      "en": "the certificate is malformed"
    },
    "credit-code-mismatch": {
      "zh": "信用代码与证书不一致",
      "en": "the credit code is not the certificate's"
    },
    "certificate-untrusted": {
      "zh": "证书不是受信任的机构签发",
      "en": "the certificate is not by a trusted authority"
    },
    "certificate-not-yet-valid": {
      "zh": "证书尚未生效",
      "en": "the certificate was not valid yet"
    },
    "certificate-path-invalid": {
      "zh": "证书链无效",
      "en": "the certificate's path is not valid"
    },
    "certificate-key-usage": {
      "zh": "证书不可用于签名",
      "en": "the certificate may not sign"
    },
    "certificate-status-unknown": {
      "zh": "证书状态未能查明，记录前复核",
      "en": "status unknown; judged again before the record"
    },
    "certificate-invalidity-date": {
      "zh": "证书声明了失效时间",
      "en": "the certificate states a date of invalidity"
    },
    "certificate-revoked": {
      "zh": "证书已被吊销",
      "en": "the certificate was revoked"
    },
    "certificate-expired": {
      "zh": "证书已过期",
      "en": "the certificate had expired"
    },
    "over-ceiling": {
      "zh": "高于最高投标限价（提示）",
      "en": "above the ceiling (remark)"
    },
    "price-unreadable": {
      "zh": "报价不是数字（提示）",
      "en": "the price is not a number (remark)"
    }
  },
  "confirmed": {
    "session": {
      "zh": "投标人在线确认",
      "en": "confirmed by the bidder, signed in"
    },
    "signed": {
      "zh": "投标人签名确认",
      "en": "confirmed by the bidder's signature"
    },
    "deemed": {
      "zh": "未在规定时间内确认，视同认可",
      "en": "not confirmed in time, deemed to accept"
    },
    "noted": {
      "zh": "未在规定时间内确认",
      "en": "not confirmed in time"
    }
  },
  "resolved": {
    "answered": {
      "zh": "已当场答复",
      "en": "answered on the spot"
    },
    "unresolved": {
      "zh": "未达成一致，记录在案，可依法投诉",
      "en": "unresolved, recorded; a complaint may follow"
    }
  },
  "superseded": {
    "replaces": {
      "zh": "已由同一投标人的后一份投标替换，保持密封",
      "en": "replaced by the same bidder's later bid, stays sealed"
    },
    "latest": {
      "zh": "同一投标人重复投标，以最后一份为准，本份保持密封",
      "en": "duplicate; the latest counts, this one stays sealed"
    },
    "reject-all": {
      "zh": "同一投标人重复投标，均不予接受，保持密封",
      "en": "duplicates are all refused and stay sealed"
    }
  },
  "stage": {
    "identity": {
      "zh": "身份核验",
      "en": "verifying the identity"
    },
    "release": {
      "zh": "投标人解密",
      "en": "the bidder's release"
    },
    "opening": {
      "zh": "开启",
      "en": "the opening"
    },
    "certificate": {
      "zh": "证书复核",
      "en": "re-judging the certificate"
    }
  }
}

export type WordTable = 'cause' | 'effect' | 'failed' | 'aborted' | 'suspended' | 'reason' | 'confirmed' | 'resolved' | 'superseded' | 'stage'

/** The record's word for a code, in the language in use; the code itself where there is none. */
export function recordWord(table: WordTable, code: string | undefined): string {
  if (code === undefined || code === '') return '—'
  const found = TABLES[table]?.[code]
  return found ? pick(found) : code
}
