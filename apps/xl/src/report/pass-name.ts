import type { StoryPass } from './story.js';

/** As an axis names a pass. */
export function passName({ iteration, kind }: Pick<StoryPass, 'iteration' | 'kind'>): string {
  return `${iteration} ${kind}`;
}

export function passOrder(passes: readonly StoryPass[]): string[] {
  return passes.map(passName);
}
