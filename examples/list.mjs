// Lists the records of a saved domain or of a captured migration, a line each: node list.mjs FILE
import { createReadStream } from 'node:fs';
import { decodeStream, describePages, describeRecord } from '@mig/protocol';

// A reader that has seen enough, as in `node list.mjs FILE | head`, is not an error.
process.stdout.on('error', ({ code }) => process.exit(code === 'EPIPE' ? 0 : 1));

for await (const event of decodeStream(createReadStream(process.argv[2] ?? '/dev/stdin'))) {
  const { layer, kind } = event;
  if (kind === 'record') console.log(layer, event.record.type, JSON.stringify(describeRecord(event.record)));
  else if (kind === 'pages') console.log(layer, 'PAGE_DATA', JSON.stringify(describePages(event)));
  else if (kind !== 'page-octets') console.log(layer, kind);
}
