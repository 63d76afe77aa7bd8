import { createRouter, createWebHistory } from 'vue-router'
import { routes as agency } from '@/agency/routes'
import { routes as bidder } from '@/bidder/routes'
import { routes as guide } from '@/guide/routes'
import { routes as hall } from '@/hall/routes'
import { routes as identity } from '@/identity/routes'
import { routes as officer } from '@/officer/routes'
import { routes as publicSite } from '@/public/routes'
import { routes as supervisor } from '@/supervisor/routes'
import { routes as verify } from '@/verify/routes'
import { site } from './place'

export const router = createRouter({
  history: createWebHistory(`${site}/`),
  routes: [
    ...publicSite,
    ...verify,
    ...identity,
    ...bidder,
    ...agency,
    ...officer,
    ...hall,
    ...supervisor,
    ...guide,
    { path: '/:unknown(.*)*', component: () => import('./NotFound.vue') },
  ],
  scrollBehavior: (to, _from, saved) => saved ?? (to.hash ? { el: to.hash } : { top: 0 }),
})

// Loaded only where it is needed: a visitor's first page does without it.
router.beforeEach(async (to) => {
  if (!to.meta.session) return true
  const { needSession } = await import('@/identity/guard')
  return needSession(to)
})
