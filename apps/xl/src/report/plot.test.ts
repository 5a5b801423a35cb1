import { expect, test } from 'vitest';
import { escaped, type Plot, plotSvg } from './plot.js';

const bars: Plot = {
  title: 'Pages <per> pass',
  description: 'Two passes & no more',
  spec: {
    data: { values: [{ pass: '0', pages: 4096 }, { pass: '1', pages: 12 }] },
    mark: 'bar',
    encoding: {
      x: { field: 'pass', type: 'ordinal' },
      y: { field: 'pages', type: 'quantitative' },
    },
  },
}; // prettier-ignore

test('a plot has its marks, a name and a description', async () => {
  const svg = await plotSvg(bars);
  expect(svg).toMatch(
    /^<svg [^>]*viewBox=[^>]*><title>Pages &lt;per&gt; pass<\/title><desc>Two passes &amp; no/,
  );
  expect(svg.match(/aria-roledescription="bar"/g)).toHaveLength(2);
  expect(svg.match(/role="graphics-document"/g)).toHaveLength(1);
});

test('what a plot would have to fetch is not fetched', async () => {
  const remote = { ...bars, spec: { ...bars.spec, data: { url: 'http://127.0.0.1:9/a.json' } } };
  const svg = await plotSvg(remote);
  expect(svg).not.toContain('aria-roledescription="bar"');
});

test('text cannot become markup', () => {
  expect(escaped(`<a b="c">&'`)).toBe('&lt;a b=&quot;c&quot;&gt;&amp;&#39;');
});
