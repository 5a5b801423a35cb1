/** The death of any process at any time. */
import { tell, without } from './operator.js';
import { type State, type Step, withCopy, withSource, withTarget } from './state.js';

export function deathSteps(state: State): Step[] {
  if (state.deathsLeft === 0) return [];
  const dying = { ...state, deathsLeft: state.deathsLeft - 1 };
  const toolstacks = state.migrations.flatMap(({ source, target }, index) => [
    ...(source.end === undefined
      ? [
          {
            what: `source ${index} is killed in ${source.state}`,
            next: withSource(dying, index, { end: 'killed' }),
          },
        ]
      : []),
    ...(target.end === undefined
      ? [
          {
            what: `target ${index} is killed in ${target.state}`,
            next: withTarget(dying, index, { end: 'killed' }),
          },
        ]
      : []),
  ]);
  const domains = state.copies.flatMap((copy, index) => {
    if (copy === undefined) return [];
    const next = { ...withCopy(dying, index, undefined), disturbed: true };
    // An arriving copy is not yet the only one.
    const told = copy.standing === 'incoming' ? next : tell(next, 'killed');
    return [{ what: `the domain at ${copy.host} is killed`, next: told }];
  });
  const saves = state.operators.flatMap(({ id, stage }, index) => {
    if (stage === 'look' || stage === 'act') return [];
    return [{ what: `save ${id} is killed`, next: without(tell(dying, 'killed'), index) }];
  });
  return [...toolstacks, ...domains, ...saves];
}
