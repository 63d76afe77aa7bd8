/** Provinces by the first two digits of GB/T 2260; a region is written `CN-35-0100` (country, province, city). */
const PROVINCES: Record<string, readonly [string, string]> = {
  11: ['北京', 'Beijing'], 12: ['天津', 'Tianjin'], 13: ['河北', 'Hebei'], 14: ['山西', 'Shanxi'],
  15: ['内蒙古', 'Inner Mongolia'], 21: ['辽宁', 'Liaoning'], 22: ['吉林', 'Jilin'], 23: ['黑龙江', 'Heilongjiang'],
  31: ['上海', 'Shanghai'], 32: ['江苏', 'Jiangsu'], 33: ['浙江', 'Zhejiang'], 34: ['安徽', 'Anhui'],
  35: ['福建', 'Fujian'], 36: ['江西', 'Jiangxi'], 37: ['山东', 'Shandong'], 41: ['河南', 'Henan'],
  42: ['湖北', 'Hubei'], 43: ['湖南', 'Hunan'], 44: ['广东', 'Guangdong'], 45: ['广西', 'Guangxi'],
  46: ['海南', 'Hainan'], 50: ['重庆', 'Chongqing'], 51: ['四川', 'Sichuan'], 52: ['贵州', 'Guizhou'],
  53: ['云南', 'Yunnan'], 54: ['西藏', 'Tibet'], 61: ['陕西', 'Shaanxi'], 62: ['甘肃', 'Gansu'],
  63: ['青海', 'Qinghai'], 64: ['宁夏', 'Ningxia'], 65: ['新疆', 'Xinjiang'], 71: ['台湾', 'Taiwan'],
  81: ['香港', 'Hong Kong'], 82: ['澳门', 'Macao'],
}

/** The region's name; a city stays its code, which every tender document prints. */
export function regionName(region: string, lang: 'zh' | 'en'): string {
  const [country, province, ...rest] = region.split('-')
  if (country !== 'CN') return region
  if (!province) return lang === 'zh' ? '全国' : 'Nationwide'
  const name = PROVINCES[province]?.[lang === 'zh' ? 0 : 1] ?? province
  return rest.length ? `${name} ${province}${rest.join('')}` : name
}
