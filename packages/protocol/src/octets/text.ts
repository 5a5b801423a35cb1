/** Text on the wire. Node and browsers have the coders as globals; the types of neither are wanted here. */
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new (
  label?: string,
  options?: { fatal?: boolean; ignoreBOM?: boolean },
) => {
  decode(octets: Uint8Array): string;
};

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Throws a TypeError when the octets are not UTF-8. */
export function fromUtf8(octets: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
}

/** What is not UTF-8 comes out as U+FFFD: to be shown, not to be kept. */
export function shownUtf8(octets: Uint8Array): string {
  return new TextDecoder('utf-8').decode(octets);
}

/** One character for one octet, so that any octets come back as they were. Characters above U+00FF: a RangeError. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => {
    const code = character.charCodeAt(0);
    if (code > 0xff || character.length > 1)
      throw new RangeError(`${JSON.stringify(character)} is not one octet`);
    return code;
  });
}

export function fromLatin1(octets: Uint8Array): string {
  let text = '';
  for (const octet of octets) text += String.fromCharCode(octet);
  return text;
}
