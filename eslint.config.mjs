import js from '@eslint/js'
import prettier from 'eslint-config-prettier'
import vue from 'eslint-plugin-vue'
import ts from 'typescript-eslint'

const rooms = [
  'agreement',
  'cases',
  'compute',
  'dicom',
  'evaluation',
  'export',
  'files',
  'jobs',
  'networks',
  'onnx',
  'perfusion',
  'phantom',
  'pipeline',
  'prediction',
  'registration',
  'training',
  'volume',
]
/** Rooms of small modules without an index, imported file by file. */
const openRooms = ['compute', 'files', 'jobs', 'cases']

const forbid = (patterns) => ({ 'no-restricted-imports': ['error', { patterns }] })
const cornerstone = {
  group: ['@cornerstonejs/core', '@cornerstonejs/tools'],
  message: 'Only src-renderer/viewer draws with Cornerstone.',
}
const electron = { group: ['electron'], message: 'The engine and the contract never know Electron.' }
const engineInside = {
  regex: `engine/(${rooms.filter((room) => !openRooms.includes(room)).join('|')})/(?!index)`,
  message: 'Import a room of the engine through its index.',
}
/** Inside the engine another room's path starts with `../<room>/`. */
const neighbourInside = {
  regex: `^(\\.\\./)+(${rooms.filter((room) => !openRooms.includes(room)).join('|')})/(?!index|write)`,
  message: 'Import a neighbouring room through its index.',
}
const fromRenderer = { regex: 'src-renderer', message: 'src-main never imports the renderer.' }

/**
 * The boundaries of docs/adr/0001: contract imports nothing of ours; the engine never Electron, host or command line;
 * the renderer only the contract; a room only through its index; Cornerstone only in viewer/.
 */
export default ts.config(
  {
    ignores: [
      'out/**',
      'dist/**',
      'node_modules/**',
      'demo/**',
      'coverage/**',
      'test-results/**',
      'resources/**',
      '**/*_pb.ts',
    ],
  },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...vue.configs['flat/recommended'],
  prettier,
  {
    files: ['**/*.{ts,vue}'],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: {
      'no-undef': 'off',
      // A Playwright fixture that needs no other must still take an object apart.
      'no-empty-pattern': ['error', { allowObjectPatternsAsParameters: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'vue/multi-word-component-names': 'off',
      'vue/require-default-prop': 'off',
      'vue/no-v-html': 'error',
      curly: ['error', 'multi-line'],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    files: ['**/*.{mjs,cjs,js}'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        require: 'readonly',
        module: 'writable',
        exports: 'writable',
        __dirname: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        fetch: 'readonly',
        Buffer: 'readonly',
        document: 'readonly',
      },
    },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  {
    files: ['src-main/contract/*.ts'],
    rules: forbid([
      cornerstone,
      electron,
      fromRenderer,
      { regex: '^\\.\\./', message: 'The contract imports nothing of ours.' },
    ]),
  },
  {
    files: ['src-main/contract/*/*.ts'],
    rules: forbid([
      cornerstone,
      electron,
      fromRenderer,
      { regex: '^\\.\\./\\.\\./', message: 'The contract imports nothing of ours.' },
    ]),
  },
  {
    files: ['src-main/engine/**/*.ts'],
    rules: {
      ...forbid([
        cornerstone,
        electron,
        fromRenderer,
        neighbourInside,
        { regex: '\\.\\./(host|cli|electron)(/|$)', message: 'The engine knows nobody who starts it.' },
      ]),
      'no-restricted-globals': [
        'error',
        'window',
        'document',
        'fetch',
        'structuredClone',
        'navigator',
        'localStorage',
      ],
    },
  },
  {
    files: ['src-main/{host,cli,electron}/**/*.ts'],
    rules: forbid([cornerstone, fromRenderer, engineInside]),
  },
  {
    files: ['src-renderer/**/*.{ts,vue}'],
    ignores: ['src-renderer/viewer/**'],
    rules: forbid([
      cornerstone,
      electron,
      { regex: 'src-main', message: 'The renderer imports only @contract.' },
    ]),
  },
  {
    files: ['src-renderer/viewer/**/*.{ts,vue}'],
    rules: forbid([electron, { regex: 'src-main', message: 'The renderer imports only @contract.' }]),
  },
)
