#!/usr/bin/env node
/** The target end by itself: what `xl migrate-receive` is. */
import { run } from '@mig/xl';

process.exitCode = await run(['migrate-receive', ...process.argv.slice(2)]);
