// A domain's process.
'use strict';
const { launch } = require('../dist/launcher.cjs');

const domain = launch('domain.cjs', `domain-${process.argv[2]}`);
domain.exports.ready.then(domain.keep);
