import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { docstringRule } from './tooling/docstring-rule.mjs';

// Folders whose docstrings were not gone through yet: shorten this list, do not add to it.
const docstringsNotDone = [
  'packages/hypervisor-wasm/src/control/**',
  'apps/xl/src/{commands/{migrate,receive,restore,save,register-migration},target/{end-family,route-history,stop-and-copy,transport},view/*,worker/*,trace/*,output/figures,options/{setting-options,timeout-options,report-format},configuration/sent-configuration,report/read-trace}.ts',
  'apps/xl-save-helper/src/{link,save}.ts',
  'packages/hypervisor-xen/src/{domain/{libxl-images.test,xen-domains},libxc/xen-memory.test,libxl/{libxl-connection.test,libxl-messages}}.ts',
  'test/xen-lab/cases/**',
];

export default defineConfig(
  globalIgnores([
    '**/dist/',
    'vitest.config.ts',
    '**/node_modules/',
    '**/guests/*.ts',
    '**/.turbo/',
    'docs/api/',
  ]),
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // Typed arrays are indexed within bounds everywhere; `!` says so.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-control-regex': 'off',
      'no-restricted-imports': [
        'error',
        {
          name: 'node:process',
          message:
            'It makes the streams of standard output and error, and with them the pipes there non-blocking for all who share them: process is global.',
        },
      ],
    },
  },
  {
    files: ['**/*.{ts,mjs,cjs,js}'],
    ignores: docstringsNotDone,
    plugins: { mig: { rules: { docstring: docstringRule } } },
    rules: { 'mig/docstring': 'error' },
  },
  // What users start.
  { files: ['apps/*/bin/*.js'], languageOptions: { sourceType: 'commonjs' } },
  // tsc finds names that are not there: it checks these files as it does the others.
  { files: ['**/*.mjs', '**/*.cjs', '**/*.js'], rules: { 'no-undef': 'off' } },
);
