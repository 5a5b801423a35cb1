/** Implementation of `--report`: collects a trace in memory, and makes a page of it after the migration. */
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
      // The page does not show which pages were dirty.
      if (record.type !== 'log-read') this.#records.push(record);
    }
  }

  /** Writes the page. A failure does not affect the migration: a warning reports it. */
  async finish(): Promise<void> {
    const { file, format } = this.page;
    try {
      // Without a record nothing has happened.
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
