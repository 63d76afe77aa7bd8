import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/bids', component: () => import('./pages/BidsPage.vue') },
  { path: '/lots/:lot/bid', component: () => import('./pages/BidPage.vue'), props: true },
  { path: '/selfcheck', component: () => import('./pages/SelfcheckPage.vue') },
]
