/** Text on the wire. Node and browsers have the coders as globals; this package uses the types of neither. */
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

/** Decodes UTF-8. Throws TypeError for other octets. */
export function fromUtf8(octets: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
}

/** Decodes UTF-8 for display, not for storage: other octets become U+FFFD. */
export function shownUtf8(octets: Uint8Array): string {
  return new TextDecoder('utf-8').decode(octets);
}

/**
 * Encodes one octet per character, so that any octets survive the round trip. Throws RangeError for
 * characters above U+00FF.
 */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => {
    const code = character.charCodeAt(0);
    if (code > 0xff || character.length > 1)
      throw new RangeError(`${JSON.stringify(character)} is not one byte`);
    return code;
  });
}

export function fromLatin1(octets: Uint8Array): string {
  let text = '';
  for (const octet of octets) text += String.fromCharCode(octet);
  return text;
}
