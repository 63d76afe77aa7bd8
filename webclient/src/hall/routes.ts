import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [{ path: '/halls/:lot', name: 'hall', component: () => import('./HallPage.vue') }]
