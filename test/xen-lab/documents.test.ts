/** Tests that the commands of docs/xen.md are those that the lab has shown to work. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const read = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8');

test("the line for AppArmor is the lab's", () => {
  const [, line] = /^LINE='(.+)'$/m.exec(read('cases/77-libvirt-apparmor.sh')) ?? [];
  expect(line).toMatch(/ PUx,$/);
  expect(read('../../docs/xen.md')).toContain(line);
});
