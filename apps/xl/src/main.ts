#!/usr/bin/env node
import { run } from './program.js';

const status = await run(process.argv.slice(2));
// A command that ends by itself may have set it.
if (status !== 0) process.exitCode = status;
