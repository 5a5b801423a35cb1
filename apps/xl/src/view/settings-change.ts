/** A change that another shell has made to the settings, in the words of the options. */
import { optionOf, settingNames, type Settings } from '@mig/sender/policy';
import { settingText, valueText } from '../output/setting-text.js';

/** @returns undefined where nothing has changed */
export function changeWords(before: Settings, after: Settings): string | undefined {
  const changed = settingNames.filter((name) => (before[name] || undefined) !== (after[name] || undefined));
  if (changed.length === 0) return undefined;
  const words = changed.map((name) => {
    const was = valueText(name, before[name]);
    return (settingText(name, after[name]) ?? `no ${optionOf(name)}`) + (was ? ` (was${was})` : '');
  });
  return `settings changed by migrate-set: ${words.join(', ')}`;
}
