import type { StoryPass } from './story.js';

/** The name of a pass on an axis. */
export function passName({ iteration, kind }: Pick<StoryPass, 'iteration' | 'kind'>): string {
  return `${iteration} ${kind}`;
}

export function passOrder(passes: readonly StoryPass[]): string[] {
  return passes.map(passName);
}
