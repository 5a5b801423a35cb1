import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { docstringRule } from './tooling/docstring-rule.mjs';

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
    plugins: { mig: { rules: { docstring: docstringRule } } },
    rules: { 'mig/docstring': 'error' },
  },
  // What users start.
  { files: ['apps/*/bin/*.js'], languageOptions: { sourceType: 'commonjs' } },
  // tsc finds names that are not there: it checks these files as it does the others.
  { files: ['**/*.mjs', '**/*.cjs', '**/*.js'], rules: { 'no-undef': 'off' } },
);
