import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { deadLinks } from './links.mjs';

test('a file that is not there and an anchor that a page lacks are dead, and nothing else', () => {
  const site = mkdtempSync(join(tmpdir(), 'mig-site-'));
  try {
    mkdirSync(join(site, 'a'));
    writeFileSync(
      join(site, 'index.html'),
      '<h1 id="top"></h1><a href="a/b.html#here"></a><a href="#top"></a>',
    );
    writeFileSync(
      join(site, 'a/b.html'),
      '<h1 id="here"></h1><a href="../index.html#gone"></a><img src="c.svg"/><a href="https://xenproject.org"></a>',
    );
    expect(deadLinks(site)).toEqual(['a/b.html: ../index.html#gone', 'a/b.html: c.svg']);
  } finally {
    rmSync(site, { recursive: true });
  }
});
