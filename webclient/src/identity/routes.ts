import type { RouteRecordRaw } from 'vue-router'

const meta = { session: true }

export const routes: RouteRecordRaw[] = [
  { path: '/sign-in', component: () => import('./pages/SignInPage.vue') },
  { path: '/certificate', component: () => import('./pages/CertificatePage.vue') },
  { path: '/desk', component: () => import('./pages/DeskPage.vue'), meta },
  { path: '/account', component: () => import('./pages/AccountPage.vue'), meta },
  { path: '/mandates', component: () => import('./pages/MandatesPage.vue'), meta },
  { path: '/inbox', component: () => import('@/inbox/InboxPage.vue'), meta },
  { path: '/certificate-desk', component: () => import('./pages/CertificateDeskPage.vue'), meta },
  { path: '/operators', component: () => import('./pages/OperatorsPage.vue'), meta },
]
