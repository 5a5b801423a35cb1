// Runs the demo in a terminal, and draws what was to be seen there: docs/demo.svg.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { record } from './record.mjs';
import { screens } from './screens.mjs';
import { svg } from './svg.mjs';

const size = { columns: 88, rows: 26 };
const path = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

const recording = record(`'${process.execPath}' '${path('../demo.mjs')}'`, size);
const picture = svg(await screens(recording, size), {
  ...size,
  title: 'npm run demo: a busy guest is moved as stock moves it, then with --max-downtime',
  secondsAtEnd: 8,
});
writeFileSync(path('../../docs/demo.svg'), picture);
console.log(`docs/demo.svg: ${Math.ceil(picture.length / 1000)} kB`);
