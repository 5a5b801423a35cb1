/** Formats a record for people. */
import { PAGE_SIZE } from '@mig/protocol';
import { dirtyRuns, type RecordOf, type TraceRecord } from '@mig/trace';
import { downtimeText } from '../output/downtime-words.js';
import { millisecondsText, octetsText, rateText } from '../output/figures.js';
import { tracedSettingsText } from '../output/setting-text.js';

const MAX_RUNS = 4;

export function recordLines(record: TraceRecord): string[] {
  if (record.type === 'header') return headerLines(record);
  const time = `${(record.at / 1000).toFixed(3).padStart(10)} s`;
  return content(record).map((text, i) => (i === 0 ? `${time}  ${text}` : `${''.padEnd(12)}  ${text}`));
}

function headerLines(header: RecordOf<'header'>): string[] {
  const { domain, domid, uuid, host, target, hypervisor, writer, date, pageCount, settings } = header;
  return [
    `${domain} (domain ${domid}, ${uuid}) from ${host} to ${target}`,
    `${hypervisor}, mig ${writer}; times since ${new Date(date).toISOString()}`,
    `${pageCount} pages, ${octetsText(pageCount * PAGE_SIZE)}`,
    `settings: ${tracedSettingsText(settings)}`,
  ];
}

function zeros(pages: number | undefined): string {
  return pages === undefined ? '' : ` and ${pages} of zeros`;
}

function compressed(level: number | undefined): string {
  return level === undefined ? '' : `, compressed at level ${level}`;
}

function content(record: Exclude<TraceRecord, { type: 'header' }>): string[] {
  switch (record.type) {
    case 'state':
      return [`state ${record.state}`];
    case 'pass-started':
      return [`pass ${record.iteration} (${record.kind}) begins: ${record.dirtyPages} pages dirty`];
    case 'pass':
      return [
        `pass ${record.iteration} (${record.kind}) done: ${record.sentPages} pages${zeros(record.zeroPages)} sent, ` +
          `${octetsText(record.octets)} in ${millisecondsText(record.milliseconds)}, ` +
          rateText(record.octets, record.milliseconds) +
          compressed(record.compressionLevel),
      ];
    case 'consulted':
      return [consultation(record)];
    case 'log-read': {
      const some: string[] = [];
      let more = 0;
      // Counted, not kept: if every other page is dirty, a bitmap of 64 MiB has a quarter of a billion runs.
      for (const [first, count] of dirtyRuns(record.bitmap)) {
        if (some.length < MAX_RUNS) some.push(`${first}+${count}`);
        else more++;
      }
      const others = more > 0 ? `, and ${more} runs more` : '';
      const which = some.length > 0 ? `: ${some.join(' ')}${others}` : '';
      return [`log read after pass ${record.iteration}: ${record.dirtyPages} pages dirty${which}`];
    }
    case 'course':
      return [`the operator has changed the settings: ${tracedSettingsText(record.settings)}`];
    case 'precopy-ended':
      return [`precopy ended: ${record.sentence} (${record.code})`];
    case 'suspended':
      return ['suspended'];
    case 'complete':
      return [
        `complete: total ${millisecondsText(record.totalMilliseconds)}, downtime ` +
          `${millisecondsText(record.downtimeMilliseconds)}, ${octetsText(record.octetsSent)} sent`,
      ];
    case 'failed':
      return [`${endWord(record)}${record.message}`, ...record.advice];
    case 'unknown':
      return [`a record of kind ${record.number}, which this mig does not know`];
  }
}

/** The word before a message that does not say itself that it stopped the migration. */
function endWord({ stoppedBy }: RecordOf<'failed'>): string {
  if (stoppedBy === undefined) return 'failed: ';
  return stoppedBy === 'policy' ? 'stopped: ' : '';
}

function consultation(record: RecordOf<'consulted'>): string {
  const { point, dirtyCount, sendRate, dirtyRate, estimatedDowntime: most, leastDowntime, decision } = record;
  const { sentence } = record;
  const figures = [
    dirtyCount === undefined ? undefined : `${dirtyCount} dirty`,
    sendRate === undefined ? undefined : `sending ${octetsText(sendRate * PAGE_SIZE)}/s`,
    dirtyRate === undefined ? undefined : `written at least ${octetsText(dirtyRate * PAGE_SIZE)}/s`,
    most === undefined ? undefined : `downtime now ${downtimeText(most, leastDowntime)}`,
  ].filter((figure) => figure !== undefined);
  const why = sentence === undefined ? '' : `: ${sentence}`;
  return `policy, ${point}${figures.length > 0 ? `, ${figures.join(', ')}` : ''}: ${decision}${why}`;
}
