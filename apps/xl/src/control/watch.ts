/** `xl migrate-status --watch`: follows one migration to its end, and exits with its status. */
import { terminalText } from '@mig/protocol/terminal-text';
import type { MigrationEnd, OperatorStatus } from '@mig/operator';
import type { Context } from '../host/context.js';
import { ask, type FoundMigration } from './find-migration.js';
import { endLine, statusLine } from './status-json.js';
import { endSentences, statusSentence } from './status-words.js';

interface Display {
  status(status: OperatorStatus): void;
  end(end: MigrationEnd): void;
}

export async function watch(context: Context, migration: FoundMigration, json: boolean): Promise<void> {
  const display = json ? jsonLines(context, migration) : words(context, migration);
  await ask(migration, async (client) => {
    const statuses = client.watch();
    for (;;) {
      const { done, value } = await statuses.next();
      if (done) {
        display.end(value);
        context.exitStatus = value.exitStatus;
        return;
      }
      display.status(value);
      // A reader of the pipe gets each line at once.
      context.output.flush();
    }
  });
}

function jsonLines({ output }: Context, { record }: FoundMigration): Display {
  return {
    status: (status) => output.line(statusLine(status)),
    end: (end) => output.line(endLine(record, end)),
  };
}

const CLEAR_REST = '\u001b[K';
/** Columns of a terminal whose width is unknown. */
const COLUMNS = 80;

function words({ output, terminal }: Context, { record }: FoundMigration): Display {
  let last = '';
  return {
    status: (status) => {
      const sentence = statusSentence(status);
      if (terminal) {
        const width = Math.max((process.stdout.columns || COLUMNS) - 1, 1);
        output.text(`\r${terminalText(sentence).slice(0, width)}${CLEAR_REST}`);
      } else if (sentence !== last) {
        output.line(sentence);
      }
      last = sentence;
    },
    end: (end) => {
      if (terminal) output.line();
      for (const sentence of endSentences(record, end)) output.line(sentence);
    },
  };
}
