/** `--report`: gathers a trace in memory, and makes a page of it once the migration is over. */
import { TraceDecoder, type TraceRecord } from '@mig/trace';
import type { Context } from '../host/context.js';
import { describeError } from '../output/errors.js';
import type { OutputFile } from '../io/output-file.js';
import type { ReportFormat } from '../options/report-format.js';

export class Reporting {
  readonly #records: TraceRecord[] = [];
  readonly #decoder = new TraceDecoder();

  constructor(
    private readonly page: { readonly file: OutputFile; readonly format: ReportFormat },
    private readonly context: Context,
  ) {}

  add(octets: Uint8Array): void {
    for (const record of this.#decoder.push(octets)) {
      // Which pages were dirty is not in the page.
      if (record.type !== 'log-read') this.#records.push(record);
    }
  }

  /** What becomes of the page changes nothing about the migration: a warning says so. */
  async finish(): Promise<void> {
    const { file, format } = this.page;
    try {
      // Before the first record nothing has happened.
      if (this.#records.length === 0) return;
      const { renderReport } = await import('../report/render.js');
      file.write(new TextEncoder().encode(await renderReport(this.#records, format)));
      file.complete();
    } catch (error) {
      this.context.log.warning(`the report could not be written: ${describeError(error)}`);
    } finally {
      file.close();
    }
  }
}
