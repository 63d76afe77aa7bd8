import type { RouteRecordRaw } from 'vue-router'

const meta = { session: true }

export const routes: RouteRecordRaw[] = [
  { path: '/officer', component: () => import('./OfficerPage.vue'), meta },
  { path: '/officer/takeover', component: () => import('./TakeOverPage.vue'), meta },
  { path: '/lots/:lot/officer', component: () => import('./OfficerLotPage.vue'), props: true, meta },
]
