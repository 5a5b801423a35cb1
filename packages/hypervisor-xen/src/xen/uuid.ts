/** Octets of a UUID in Xen and libxl. */
export const UUID_SIZE = 16;

export function uuidText(octets: Uint8Array): string {
  const hex = Buffer.from(octets).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

export function uuidOctets(text: string): Uint8Array {
  return Buffer.from(text.replaceAll('-', ''), 'hex');
}
