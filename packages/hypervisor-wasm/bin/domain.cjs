// The process of a domain.
'use strict';
const { launch } = require('../dist/launcher.cjs');

/** @type {{ exports: typeof import('../dist/domain/main.js'), keep(): void }} */
const domain = launch('domain.cjs', `domain-${process.argv[2]}`);
domain.exports.ready.then(domain.keep);
