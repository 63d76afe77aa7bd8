// The page that the hall's first load is compared with: the same data and content, put together from Element Plus
// as its guide recommends (only the components that are used, each with its own style).
import { createApp } from 'vue'
import 'element-plus/es/components/base/style/css'
import Hall from './Hall.vue'

createApp(Hall).mount('#app')
