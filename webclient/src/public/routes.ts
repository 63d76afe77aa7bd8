import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/', component: () => import('./HomePage.vue') },
  { path: '/notices', component: () => import('./NoticesPage.vue') },
  { path: '/tenders/:tender', component: () => import('./TenderPage.vue'), props: true },
  { path: '/lots/:lot', component: () => import('./LotPage.vue'), props: true },
]
