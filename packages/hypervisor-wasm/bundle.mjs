import { bundle } from '../../tooling/bundle.mjs';

await bundle({ domain: 'dist/domain/main.js', 'vcpu-thread': 'dist/domain/vcpu-thread.js' });
