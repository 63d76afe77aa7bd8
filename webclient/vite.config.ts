import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import { packed } from './tools/packed.ts'
import { notInEveryPage, preloadBase } from './tools/preload.ts'

/** What every page has. Not the check that runs before it, which an old browser must be able to read. */
const BASE = /\/node_modules\/(?:@vue|vue|vue-router)\/|\/src\/(?:design|api|i18n|app)\/|\/src\/clock\.ts/
const APART = /\/src\/design\/(?:Kb(?:Menu|Tabs)\.vue|\w+\.css)|\/src\/app\/unsupported\.ts/

export default defineConfig({
  // Pages live under / and under /as/{slot}/: assets are always addressed from the root.
  base: '/',
  plugins: [vue(), preloadBase(), packed()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  define: {
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
    __INTLIFY_JIT_COMPILATION__: 'true',
    __INTLIFY_DROP_MESSAGE_COMPILER__: 'false',
  },
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    target: 'es2023',
    manifest: true,
    // A data: address in a style or script would need a hole in the policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false, resolveDependencies: notInEveryPage },
    rollupOptions: {
      // A page loads the design components that it uses, not all that the index names.
      treeshake: { moduleSideEffects: (id) => !/\/src\/design\/[^?]*\.(?:ts|vue)$/.test(id) },
      output: {
        advancedChunks: {
          groups: [
            // What loads the rest, and what every page has, in one file each.
            { name: 'loader', test: /vite\/preload-helper/, priority: 4 },
            { name: 'base', test: (id: string) => BASE.test(id) && !APART.test(id), priority: 3 },
          ],
        },
      },
    },
  },
  worker: { format: 'es' },
  test: { environment: 'node', include: ['src/**/*.test.ts'] },
})
