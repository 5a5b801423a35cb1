import type { Context } from '../host/context.js';
import { JsonView } from './json-view.js';
import { LineView } from './line-view.js';
import type { View, ViewKind } from './view.js';

export async function createView(kind: ViewKind, { output, log }: Context): Promise<View> {
  switch (kind) {
    case 'json':
      return new JsonView(output);
    case 'lines':
      return new LineView(log);
    case 'quiet':
      return new (await import('./quiet-view.js')).QuietView(log);
    case 'bars':
      return new (await import('./bar-view.js')).BarView(log);
  }
}
