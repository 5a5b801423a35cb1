// What the parts measure with: how often, how large, in which folder, and what there is room for.
import { temporaryFolder, removeTemporaryFolder } from '../temporary-folder.mjs';
import { memoryText } from './rows.mjs';

const MIB = 2 ** 20;

export class Workbench {
  folder = temporaryFolder('mig-bench-');
  /**
   * Sentences on what was left out, for whoever reads the rows.
   * @type {string[]}
   */
  notes = [];

  /** @param {{ runs: number, sizes: number[] }} how often; sizes are MiB, ascending */
  constructor({ runs, sizes }) {
    this.runs = runs;
    this.sizes = sizes;
  }

  /** Says how it goes. @param {string} line */
  tell(line) {
    console.error(line);
  }

  /** @param {string} sentence */
  note(sentence) {
    this.notes.push(sentence);
    this.tell(sentence);
  }

  /**
   * Those of the sizes that this machine has the memory for, each looked at when its turn comes; it says which it has not.
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
