import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { docstringRule } from './tooling/docstring-rule.mjs';

/** Bytes are bytes in what people read; names, formats and docstrings keep Xen's octets. */
const octetsInMessages = [
  'Literal[value=/ octets?\\b|\\boctets? /]',
  'TemplateElement[value.raw=/ octets?\\b|\\boctets? /]',
].map((selector) => ({
  selector,
  message: 'People read "bytes".',
}));

export default defineConfig(
  globalIgnores(['**/dist/', 'vitest.config.ts', '**/node_modules/', '**/guests/*.ts', '**/.turbo/']),
  js.configs.recommended,
  { rules: { 'no-duplicate-imports': 'error' } },
  {
    files: ['**/*.{ts,tsx}'],
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
    files: ['**/*.{ts,tsx,mjs,cjs,js}'],
    plugins: { mig: { rules: { docstring: docstringRule } } },
    rules: { 'mig/docstring': 'error' },
  },
  {
    files: ['apps/**/*.{ts,tsx,js}', 'packages/**/*.{ts,js}', 'tooling/**/*.{mjs,cjs}'],
    ignores: ['**/*.test.ts', '**/*.test-support.ts'],
    rules: { 'no-restricted-syntax': ['error', ...octetsInMessages] },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    ignores: ['packages/errors/**', '**/*.test.ts', '**/*.test-support.ts', '**/*.d.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...octetsInMessages,
        {
          selector: 'ClassDeclaration[superClass.name="Error"]',
          message: 'What a package throws extends MigError: its code is out of a closed set.',
        },
      ],
    },
  },
  // Text in these is code.
  { files: ['**/control-schema.ts', '**/warm-memory.mjs'], rules: { 'no-restricted-syntax': 'off' } },
  // What users start.
  { files: ['apps/*/bin/*.js'], languageOptions: { sourceType: 'commonjs' } },
  // tsc finds names that are not there: it checks these files as it does the others.
  { files: ['**/*.mjs', '**/*.cjs', '**/*.js'], rules: { 'no-undef': 'off' } },
);
