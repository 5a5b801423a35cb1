/** Checks what the README says of other files. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(root + path, 'utf8');
const readme = read('README.md');

/** The measured downtime of the guest near the rate of a link of 1 Gbit/s. */
function measured(policy: string): string {
  const [, row] = read('docs/policies.md')
    .split('### 1 Gbit/s, a domain of 160 MiB')[1]!
    .split("**near the link's rate**");
  const cells = row!
    .split(`| ${policy} |`)[1]!
    .split('|')
    .map((cell) => cell.trim());
  return cells[3]!;
}

test("the downtimes are docs/policies.md's", () => {
  const stock = measured('stock: 5 passes, 50 pages');
  const goals = ['300', '100'].map((goal) => {
    const policy = `\`--max-downtime ${goal}\``;
    return `${measured(policy)} with ${policy}`;
  });
  expect(readme).toContain(`| ${stock} | ${goals.join(', ')} |`);
  expect(read('docs/policies.md')).toContain('migrations, 10 of each kind.');
});

test('what it links to is there', () => {
  const links = [...readme.matchAll(/\]\(([^)#:]+)(?:#([^)]+))?\)/g)];
  expect(links.length).toBeGreaterThan(10);
  for (const [, path, heading] of links) {
    expect(existsSync(root + path!), path).toBe(true);
    if (heading !== undefined) expect(headings(path!), `${path}#${heading}`).toContain(heading);
  }
});

/** The names of a page's headings in links. */
function headings(path: string): string[] {
  return [...read(path).matchAll(/^#+ (.*)$/gm)].map(([, words]) =>
    words!
      .toLowerCase()
      .replaceAll(' ', '-')
      .replace(/[^\w-]/g, ''),
  );
}
