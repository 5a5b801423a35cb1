// Reads standard input to its end, into the same 4 MiB again and again.
import { Input } from '@mig/posix';

const input = new Input(0, { subject: 'the pipe' });
const octets = new Uint8Array(4 << 20);
while (input.readSome(octets) > 0);
