/**
 * Checks docs/errors.md: its table is generated from the error classes that the packages export. With
 * MIG_WRITE_DOCS=1 it is rewritten.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** More codes than this are those of the kernel. */
const MOST_CODES = 50;

interface ErrorClass {
  readonly name: string;
  readonly entry: string;
  readonly says: string;
  readonly extendsBase: boolean;
  /** Undefined where the set is not closed. */
  readonly codes: readonly string[] | undefined;
}

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, string | { readonly types: string }>>;
}

/** Lists each entry point of the packages with its declarations. */
function entryPoints(): (readonly [string, string])[] {
  return readdirSync(join(root, 'packages')).flatMap((folder) => {
    const path = join(root, 'packages', folder);
    const { name, exports = {} } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Manifest;
    return Object.entries(exports).flatMap(([entry, target]) =>
      typeof target === 'string' ? [] : [[join(name, entry), join(path, target.types)] as const],
    );
  });
}

function errorClasses(): ErrorClass[] {
  const entries = entryPoints();
  const program = ts.createProgram(
    entries.map(([, path]) => path),
    {
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2023,
      strict: true,
      noEmit: true,
      types: ['node'],
    },
  );
  const checker = program.getTypeChecker();
  const found = new Map<ts.Symbol, ErrorClass>();
  for (const [entry, path] of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(path)!);
    for (const exported of module === undefined ? [] : checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (!(symbol.flags & ts.SymbolFlags.Class) || found.has(symbol)) continue;
      const type = checker.getDeclaredTypeOfSymbol(symbol);
      const ancestors = ancestorsOf(type, checker);
      if (!ancestors.includes('Error') || symbol.name === 'MigError') continue;
      const code = type.getProperty('code');
      found.set(symbol, {
        name: symbol.name,
        entry,
        says: firstSentence(ts.displayPartsToString(symbol.getDocumentationComment(checker))),
        extendsBase: ancestors.includes('MigError'),
        codes: code && literalsOf(checker.getTypeOfSymbol(code)),
      });
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function firstSentence(text: string): string {
  return text.replace(/\s+/g, ' ').split(/(?<=\.) /)[0]!;
}

function ancestorsOf(type: ts.Type, checker: ts.TypeChecker): readonly string[] {
  const bases = type.isClassOrInterface() ? checker.getBaseTypes(type) : [];
  return bases.flatMap((base) => [base.symbol.name, ...ancestorsOf(base, checker)]);
}

function literalsOf(type: ts.Type): readonly string[] | undefined {
  const members = type.isUnion() ? type.types : [type];
  const literals = members.filter((member) => member.isStringLiteral()).map(({ value }) => value);
  const isClosed = members.every(
    (member) => member.isStringLiteral() || (member.flags & ts.TypeFlags.TemplateLiteral) !== 0,
  );
  return isClosed ? literals.sort() : undefined;
}

function codeCell(codes: readonly string[]): string {
  if (codes.length > MOST_CODES) return "the kernel's name of the error, such as `EPIPE`";
  return codes.map((code) => `\`${code}\``).join(', ');
}

test('each error that a package exports is a MigError with a closed set of codes, in docs/errors.md', () => {
  const classes = errorClasses();
  expect(classes.length).toBeGreaterThan(20);
  const isOpen = ({ extendsBase, codes }: ErrorClass) => !extendsBase || codes === undefined;
  expect(classes.filter(isOpen).map(({ name }) => name)).toEqual([]);

  const table = [
    '| class | from | when | `code` |',
    '| --- | --- | --- | --- |',
    ...classes.map(
      ({ name, entry, says, codes }) => `| \`${name}\` | \`${entry}\` | ${says} | ${codeCell(codes!)} |`,
    ),
  ].join('\n');
  const path = join(root, 'docs/errors.md');
  const text = readFileSync(path, 'utf8');
  const written = text.replace(/(?<=<!-- errors -->\n\n).*(?=\n\n<!-- \/errors -->)/s, table);
  if (process.env['MIG_WRITE_DOCS'] === '1') writeFileSync(path, written);
  else expect(text, 'MIG_WRITE_DOCS=1 writes it').toBe(written);
});
