// The limit: the plainest program that moves the same octets the same way. Memory of one process goes through a
// pipe into fresh memory of another, 4 MiB a system call, and nothing else happens.
//   plain-copy.mjs write FD OCTETS | plain-copy.mjs read FD OCTETS
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { createMemoryFile, Input, Iovec, Mapping, Output } from '@mig/posix';

const [direction, fd, octets] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const PIECE = 4 << 20;
const file = createMemoryFile('plain copy', octets);
const mapping = Mapping.of(file, octets, 'write');
const iovec = new Iovec(1);
const each = (action) => {
  for (let at = 0; at < octets; at += PIECE) {
    iovec.clear();
    iovec.push(mapping.address + at, Math.min(PIECE, octets - at));
    action();
  }
};

if (direction === 'write') {
  fill();
  const output = new Output(fd, { subject: 'the pipe' });
  const began = performance.now();
  each(() => output.writev(iovec));
  console.error(performance.now() - began);
} else {
  const input = new Input(fd, { subject: 'the pipe' });
  each(() => input.readv(iovec));
}

/** Every page is there, and not of zeros. */
function fill() {
  const random = randomBytes(PIECE);
  for (let at = 0; at < octets; at += PIECE) writeSync(file, random, 0, Math.min(PIECE, octets - at), at);
}
