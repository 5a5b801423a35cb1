import { bundle } from '../../tooling/bundle.mjs';

await bundle({ 'xl-save-helper': 'dist/main.js' });
