// The thread in which a domain is moved, saved or restored.
'use strict';
const { workerData } = require('node:worker_threads');
const { launch } = require('../dist/launcher.cjs');

const worker = launch('task-worker.cjs', `xl-${workerData.task.kind}-worker`);
worker.exports.done.then(worker.keep);
