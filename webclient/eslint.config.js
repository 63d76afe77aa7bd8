import vue from 'eslint-plugin-vue'
import a11y from 'eslint-plugin-vuejs-accessibility'
import ts from 'typescript-eslint'

export default ts.config(
  { ignores: ['dist', 'node_modules', 'src/wire'] },
  ...ts.configs.recommended,
  ...vue.configs['flat/essential'],
  ...a11y.configs['flat/recommended'],
  { files: ['**/*.vue'], languageOptions: { parserOptions: { parser: ts.parser } } },
  {
    rules: {
      // What the page's policy (bidding/web/policy.py) would refuse in the browser is refused here.
      'vue/no-v-html': 'error',
      'vue/no-static-inline-styles': ['error', { allowBinding: true }],
      'no-restricted-syntax': [
        'error',
        { selector: 'MemberExpression[property.name=/^(innerHTML|outerHTML)$/]', message: 'Trusted Types refuse it.' },
        { selector: "NewExpression[callee.name='Worker']", message: 'Use startWorker of @/app/trusted.' },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'vue/multi-word-component-names': 'off',
      'vuejs-accessibility/label-has-for': ['error', { required: { some: ['nesting', 'id'] } }],
      // KbField ties its control to its label by id: the rule cannot see through the slot.
      'vuejs-accessibility/form-control-has-label': 'off',
      'vuejs-accessibility/no-static-element-interactions': 'off',
      'max-lines': ['error', { max: 420, skipBlankLines: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      eqeqeq: 'error',
      'no-console': ['error', { allow: ['error', 'warn'] }],
    },
  },
  { files: ['**/*.test.ts'], rules: { 'max-lines-per-function': 'off' } },
  { files: ['src/app/trusted.ts', 'bench/**'], rules: { 'no-restricted-syntax': 'off' } },
)
