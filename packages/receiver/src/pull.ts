import type { Input } from '@mig/posix';

interface Pulling<Event> {
  readonly wants: number;
  give(octets: Uint8Array): Event | undefined;
}

/** Reads what the decoder wants next and gives it. */
export function pull<Event>(decoder: Pulling<Event>, input: Input): Event | undefined {
  return decoder.give(input.read(decoder.wants));
}
