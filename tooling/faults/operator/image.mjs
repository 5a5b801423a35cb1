// An image of an idle domain with the guest's UUID: made once, for all cases of a process.
import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedHost } from '@mig/hypervisor-wasm';
import { Output } from '@mig/posix';
import { encodeXlHeader, xlHeader } from '@mig/protocol';
import { suspendDomain } from '@mig/sender';
import { idleGuest, UUID } from '../guests.mjs';
import { OTHER } from './commands.mjs';

/**
 * @param {string} folder
 * @returns its path, in the folder
 */
export function idleImage(folder) {
  const path = join(folder, `image.${process.pid}`);
  if (existsSync(path)) return path;
  const host = EmbeddedHost.open(`${path}.host`);
  const configuration = JSON.stringify({
    c_info: { type: 'wasm', name: OTHER, uuid: UUID },
    b_info: { ...idleGuest, max_memkb: 1024 },
  });
  const domid = host.create(configuration, { paused: false });
  const fd = openSync(path, 'w');
  const domain = host.take(domid, { kind: 'save', to: path });
  try {
    const output = new Output(fd, { subject: path });
    output.write(encodeXlHeader(xlHeader(domain.configuration)));
    suspendDomain(domain, output, { live: false });
    domain.destroy();
  } finally {
    domain.release();
    closeSync(fd);
    rmSync(`${path}.host`, { recursive: true, force: true });
  }
  return path;
}
