// What Node's start is made a snapshot with: it runs the program that the first argument names.
'use strict';
const { startupSnapshot } = require('node:v8');

startupSnapshot.setDeserializeMainFunction(() => {
  const program = process.argv[1] ?? '';
  // Processes that mig starts begin with the snapshot as well, or without one if Node has changed meanwhile.
  process.execPath = '/usr/lib/mig/node';
  process.execArgv.splice(0);
  process.getBuiltinModule('node:module').createRequire(program)(program);
});
