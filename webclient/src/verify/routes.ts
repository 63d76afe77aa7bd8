import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  { path: '/verify', component: () => import('./VerifyPage.vue') },
  { path: '/verify/:code', component: () => import('./VerifyPage.vue'), props: true },
]
