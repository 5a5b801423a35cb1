/** Finds where the parts of a stream begin, so that faults can be placed by name. */
import { rm, stat } from 'node:fs/promises';
import type { TestHost } from './test-host.js';

/**
 * A part named as in `xl stream inspect` (`xl header`, `PAGE_DATA`), or `permission`, which follows the
 * stream.
 */
export interface Place {
  /** The name of the part; the first one counts. */
  readonly part: string;
  /** Octets into it, its record header included. */
  readonly octet: number;
}

interface Row {
  readonly type: string;
  readonly offset: number;
}

export class ImageLayout {
  private constructor(private readonly rows: readonly Row[]) {}

  /** Finds the layout of a running domain's image: it is the same for all domains of one configuration. */
  static async of(host: TestHost, domain: string): Promise<ImageLayout> {
    const path = `${host.folder}-${domain}.image`;
    await host.done('save', '-c', domain, path);
    const lines = await host.done('stream', 'inspect', '--json', path);
    const { size } = await stat(path);
    await rm(path);
    return new ImageLayout(
      lines
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Row)
        .concat({ type: 'permission', offset: size }),
    );
  }

  offset({ part, octet }: Place): number {
    const row = this.rows.find(({ type }) => type === part);
    if (row === undefined) throw new Error(`the image has no ${part}`);
    return row.offset + octet;
  }
}
