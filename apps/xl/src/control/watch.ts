/** `xl migrate-status --watch`: follows one migration to its end, and exits with its status. */
import type { MigrationEnd, OperatorStatus } from '@mig/operator';
import type { Context } from '../host/context.js';
import { BottomLine } from '../output/bottom-line.js';
import { canRedraw, terminalAt } from '../output/terminal.js';
import { progressLine } from '../view/progress-line.js';
import { ask, type FoundMigration } from './find-migration.js';
import { phaseText } from './phase-words.js';
import { endLine, statusLine } from './status-json.js';
import { endSentences, statusSentence } from './status-words.js';

interface Display {
  status(status: OperatorStatus): void;
  end(end: MigrationEnd): void;
}

export async function watch(context: Context, migration: FoundMigration, json: boolean): Promise<void> {
  const display = (json ? jsonLines : canRedraw(1) ? line : words)(context, migration);
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

function words({ output }: Context, { record }: FoundMigration): Display {
  let last = '';
  return {
    status: (status) => {
      const sentence = statusSentence(status);
      if (sentence !== last) output.line(sentence);
      last = sentence;
    },
    end: (end) => {
      for (const sentence of endSentences(record, end)) output.line(sentence);
    },
  };
}

/** Draws one line anew, on a terminal. */
function line({ output }: Context, { record }: FoundMigration): Display {
  const bottom = new BottomLine((text) => output.text(text));
  return {
    status: (status) => {
      const terminal = terminalAt(1);
      const isSending = ['precopy', 'stop-and-copy'].includes(status.phase);
      const figures = isSending ? status : {};
      const subject = `${status.domain}: `;
      bottom.show(progressLine(figures, terminal, { subject, phase: phaseText(status) }), terminal.plain);
    },
    end: (end) => {
      bottom.clear();
      for (const sentence of endSentences(record, end)) output.line(sentence);
    },
  };
}
