// Preloaded with --import: whoever resolves koffi, which calls foreign functions, fails.
import { register } from 'node:module';

const hook = `export function resolve(specifier, context, next) {
  if (/^(koffi|@koromix\\/)/.test(specifier)) throw new Error('koffi was asked for by ' + context.parentURL);
  return next(specifier, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
