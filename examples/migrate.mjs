// Migrates a domain as `xl migrate` does: node migrate.mjs DOMAIN HOST [OPTION...]
import { migrate, MigrateError } from '@mig/xl/migrate';

const [domain = '', host = '', ...options] = process.argv.slice(2);
const abort = new AbortController();
process.once('SIGTERM', () => abort.abort());

try {
  const { downtimeMilliseconds, passes } = await migrate(domain, host, {
    options, // as on the command line: ['--max-downtime', '300', '--bandwidth', '1Gbit/s']
    signal: abort.signal,
    onEvent(event) {
      if (event.event === 'pass-started') console.log(`${event.kind}: ${event.dirtyPages} pages`);
    },
  });
  console.log(`downtime: ${downtimeMilliseconds.toFixed(1)} ms, ${passes.length} passes`);
} catch (error) {
  if (!(error instanceof MigrateError)) throw error;
  console.error([error.message, ...error.advice].join('\n'));
  process.exitCode = error.exitStatus;
}
