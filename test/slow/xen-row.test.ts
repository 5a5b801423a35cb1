/** Tests of tooling/xen-row, which reads headers for whoever adds a version of Xen. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { boundIn, declarationsIn } from '../../tooling/xen-row/declarations.mjs';

const HEADER = `
#define xc_quick(x) \\
    xc_slow(x); int xc_slow(int)
/* int xc_slow(char); */
int xc_slow(xc_interface *xch,
            uint32_t domid);
static inline int xc_other(int a) { return xc_slow(0, a); }
libxl_dominfo* libxl_list_domain(libxl_ctx*, int *nb_domain_out)
    LIBXL_EXTERNAL_CALLERS_ONLY;
void xc_slow_too(void);
`;

test('a declaration is found, whatever is written around it', () => {
  const found = declarationsIn(HEADER, ['xc_slow', 'libxl_list_domain', 'xc_none', 'xc_quick']);
  expect([...found]).toEqual([
    ['xc_slow', 'int xc_slow(xc_interface *xch, uint32_t domid)'],
    ['libxl_list_domain', 'libxl_dominfo* libxl_list_domain(libxl_ctx*, int *nb_domain_out)'],
  ]);
});

test('all functions that are bound are known by name', () => {
  const source = (name: string) =>
    readFileSync(new URL(`../../packages/hypervisor-xen/src/${name}.ts`, import.meta.url), 'utf8');
  for (const name of ['libxc/control', 'libxl/libxl', 'xen/xenstore']) {
    const text = source(name).replaceAll(/\b(libc|koffi\.load\(null\))\.func\(/g, '');
    const bound = boundIn(text);
    expect(bound.length).toBeGreaterThan(3);
    expect(bound).toHaveLength([...text.matchAll(/\.func\(/g)].length);
  }
});
