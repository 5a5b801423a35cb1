// Common tools of the parts: number of runs, sizes, the folder, and the available memory.
import { temporaryFolder, removeTemporaryFolder } from '../temporary-folder.mjs';
import { memoryText } from './rows.mjs';

const MIB = 2 ** 20;

export class Workbench {
  folder = temporaryFolder('mig-bench-');
  /**
   * Remarks on what was left out, for readers of the rows.
   * @type {string[]}
   */
  notes = [];

  /** @param {{ runs: number, sizes: number[] }} how sizes are MiB, ascending */
  constructor({ runs, sizes }) {
    this.runs = runs;
    this.sizes = sizes;
  }

  /**
   * Prints progress.
   * @param {string} line
   */
  tell(line) {
    console.error(line);
  }

  /** @param {string} sentence */
  note(sentence) {
    this.notes.push(sentence);
    this.tell(sentence);
  }

  /**
   * Yields the sizes for which this machine has the memory, each checked when its turn comes; notes those
   * left out.
   * @param {string} part
   * @param {Iterable<number>} sizes
   * @param {(size: number) => number} needed MiB, by size
   */
  *within(part, sizes, needed) {
    for (const size of sizes) {
      const available = Math.floor(process.availableMemory() / MIB);
      const need = needed(size);
      if (need <= available) {
        yield size;
        continue;
      }
      const figures = `it needs ${memoryText(need)}, and ${memoryText(available)} are available`;
      this.note(`${part}: ${memoryText(size)} is left out: ${figures}.`);
    }
  }

  close() {
    removeTemporaryFolder(this.folder);
  }
}
