// plain-copy.c in JavaScript, for machines without a C compiler: the same calls, and the octets never pass
// through JavaScript.
//   plain-copy-in-node.mjs write FILE OCTETS > socket
//   plain-copy-in-node.mjs read OCTETS < socket, which prints the seconds on standard output
import { closeSync, openSync } from 'node:fs';
import { createMemoryFile, Input, Iovec, Mapping, Output, waitFor } from '@mig/posix';

const PIECE = 4 << 20;
const iovec = new Iovec(1);

/** @param {Mapping} mapping @param {(piece: Iovec) => void} move */
function inPieces(mapping, move) {
  for (let at = 0; at < mapping.length; at += PIECE) {
    iovec.clear();
    iovec.push(mapping.address + at, Math.min(PIECE, mapping.length - at));
    move(iovec);
  }
}

const [direction, ...rest] = process.argv.slice(2);
if (direction === 'write') {
  const [path = '', octets] = rest;
  const file = openSync(path, 'r');
  const mapping = Mapping.of(file, Number(octets), 'read');
  closeSync(file);
  const output = new Output(1, { subject: 'the socket' });
  inPieces(mapping, (piece) => output.writev(piece));
} else {
  const mapping = Mapping.of(createMemoryFile('plain copy', Number(rest[0])), Number(rest[0]), 'write');
  const input = new Input(0, { subject: 'the socket' });
  // The time begins with the first octet: the start of the writer's Node is not part of the copy.
  waitFor(0, 'readable', input);
  const began = performance.now();
  inPieces(mapping, (piece) => input.readv(piece));
  console.log((performance.now() - began) / 1000);
}
