import type { RouteRecordRaw } from 'vue-router'

const meta = { session: true }

export const routes: RouteRecordRaw[] = [
  { path: '/checks', component: () => import('./ChecksPage.vue'), meta },
  { path: '/checks/:tender', component: () => import('./CheckPage.vue'), props: true, meta },
  { path: '/rules', component: () => import('@/rules/RulesPage.vue') },
  { path: '/agency', component: () => import('./TendersPage.vue'), meta },
  { path: '/agency/tenders/new', component: () => import('./NewTenderPage.vue'), meta },
  {
    path: '/agency/tenders/:tender',
    component: () => import('./TenderFrame.vue'),
    props: true,
    meta,
    children: [
      { path: '', component: () => import('./OverviewPage.vue') },
      { path: 'basics', component: () => import('./BasicsPage.vue') },
      { path: 'lots/new', component: () => import('./NewLotPage.vue') },
      { path: 'lots/:lot', component: () => import('./LotPage.vue'), props: true },
      { path: 'lots/:lot/form', component: () => import('./FormPage.vue'), props: true },
      { path: 'lots/:lot/officers', component: () => import('./PeoplePage.vue'), props: true },
      { path: 'documents', component: () => import('./DocumentsPage.vue') },
      { path: 'review', component: () => import('./ReviewPage.vue') },
      { path: 'publish', component: () => import('./PublishPage.vue') },
      { path: 'questions', component: () => import('./QuestionsPage.vue') },
      { path: 'change', component: () => import('./ChangePage.vue') },
      { path: 'lots/:lot/outcome', component: () => import('./OutcomePage.vue'), props: true },
    ],
  },
]
