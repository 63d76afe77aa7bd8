import type { RouteRecordRaw } from 'vue-router'

const meta = { session: true }

export const routes: RouteRecordRaw[] = [
  { path: '/sign-in', component: () => import('./pages/SignInPage.vue') },
  { path: '/certificate', component: () => import('./pages/CertificatePage.vue') },
  { path: '/desk', component: () => import('./pages/DeskPage.vue'), meta },
  { path: '/account', component: () => import('./pages/AccountPage.vue'), meta },
]
