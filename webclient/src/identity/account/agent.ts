/** A browser and its system in a few words, from its User-Agent; the names are their makers' own. */

const BROWSERS: [RegExp, string][] = [
  [/Edg\/(\d+)/, 'Edge'],
  [/OPR\/(\d+)/, 'Opera'],
  [/Firefox\/(\d+)/, 'Firefox'],
  [/Chrome\/(\d+)/, 'Chrome'],
  [/Version\/(\d+).*Safari/, 'Safari'],
  [/kaibiao-client\/(\d+)/, 'kaibiao'],
]
const SYSTEMS: [RegExp, string][] = [
  [/HarmonyOS/, 'HarmonyOS'],
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/UOS|Uos/, 'UOS'],
  [/Linux/, 'Linux'],
]

export function agentName(agent: string): string {
  const browser = BROWSERS.map(([pattern, name]) => [pattern.exec(agent)?.[1], name] as const).find(([version]) => version)
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1]
  const parts = [browser ? `${browser[1]} ${browser[0]}` : agent.slice(0, 40), system]
  return parts.filter(Boolean).join(' · ')
}
