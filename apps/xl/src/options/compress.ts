/** The option `--compress` of `migrate`. */
import type { Compression } from '@mig/hypervisor';
import { whyNoZstd, ZSTD_LEVELS, ZSTD_LIBRARY, ZSTD_PACKAGE } from '@mig/posix';
import { type Command, Option } from 'commander';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';

export function addCompress(command: Command): void {
  const { least, most } = ZSTD_LEVELS;
  command.addOption(
    new Option(
      '--compress <LEVEL>',
      `compress pages for a target that is mig: with zstd of this level, ${least} to ${most}; auto: as the line and the ` +
        'processors allow; off: not at all (the default)',
    ).argParser(compression),
  );
}

/** @throws Failure */
function compression(text: string): Compression | 'off' {
  if (text === 'auto' || text === 'off') return text;
  const level = /^[0-9]+$/.test(text) ? Number(text) : NaN;
  const { least, most } = ZSTD_LEVELS;
  if (level >= least && level <= most) return level;
  throw new Failure(
    `--compress must be auto, off, or a level from ${least} to ${most}, not '${text}'`,
    ExitStatus.usage,
  );
}

/**
 * Returns how to compress; undefined for not at all.
 * @throws Failure if a level is asked for, and there is no library
 */
export function compressionOf(given: Compression | 'off' | undefined): Compression | undefined {
  if (given === undefined || given === 'off') return undefined;
  if (given !== 'auto' && whyNoZstd() !== undefined) {
    throw new Failure(
      `--compress ${given} needs ${ZSTD_LIBRARY}, which cannot be loaded here: install ${ZSTD_PACKAGE}`,
    );
  }
  return given;
}
