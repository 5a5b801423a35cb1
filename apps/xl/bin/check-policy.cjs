// The thread that checks a policy.
'use strict';
const { launch } = require('../dist/launcher.cjs');

/** @type {{ exports: typeof import('../dist/worker/check-policy.js'), keep(): void }} */
const worker = launch('check-policy.cjs', 'xl-policy-worker');
worker.exports.done.then(() => {
  worker.keep();
  // Work that the policy has started is not waited for.
  process.exit();
});
