// Builds the page that the hall is compared with; the product has nothing of it.
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import { packed } from '../tools/packed.ts'

export default defineConfig({
  root: fileURLToPath(new URL('./element-plus', import.meta.url)),
  base: '/peer/',
  plugins: [vue(), packed()],
  define: { __VUE_OPTIONS_API__: 'true', __VUE_PROD_DEVTOOLS__: 'false' },
  build: { target: 'es2023' },
})
