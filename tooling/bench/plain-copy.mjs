// The limit: the plainest program that moves the same octets the same way. The memory of a domain goes through a
// pipe into fresh memory, 4 MiB a system call, and nothing else happens.
//   plain-copy.mjs write FILE OCTETS > pipe, which prints the milliseconds on stderr
//   plain-copy.mjs read OCTETS < pipe
import { closeSync, openSync } from 'node:fs';
import { createMemoryFile, Input, Iovec, Mapping, Output } from '@mig/posix';

const PIECE = 4 << 20;
const iovec = new Iovec(1);

function inPieces(mapping, move) {
  for (let at = 0; at < mapping.length; at += PIECE) {
    iovec.clear();
    iovec.push(mapping.address + at, Math.min(PIECE, mapping.length - at));
    move(iovec);
  }
}

const [direction, ...rest] = process.argv.slice(2);
if (direction === 'write') {
  const [path, octets] = rest;
  const file = openSync(path, 'r');
  const mapping = Mapping.of(file, Number(octets), 'read');
  closeSync(file);
  const output = new Output(1, { subject: 'the pipe' });
  const began = performance.now();
  inPieces(mapping, (piece) => output.writev(piece));
  process.stderr.write(String(performance.now() - began));
} else {
  const mapping = Mapping.of(createMemoryFile('plain copy', Number(rest[0])), Number(rest[0]), 'write');
  const input = new Input(0, { subject: 'the pipe' });
  inPieces(mapping, (piece) => input.readv(piece));
}
