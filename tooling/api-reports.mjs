/**
 * The API of each library as text, one report per entry point: `api/NAME.api.md` in the package's folder. A
 * report that differs from the exports fails; with `--write` the reports are rewritten.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';

const root = fileURLToPath(new URL('..', import.meta.url));
const libraries = [
  'errors',
  'protocol',
  'channel',
  'posix',
  'hypervisor',
  'sender',
  'receiver',
  'operator',
  'trace',
  'fleet',
  'fleet-bullmq',
];
const write = process.argv.includes('--write');

const temporary = mkdtempSync(join(tmpdir(), 'mig-api-'));
let differing = 0;
for (const library of libraries) {
  const folder = join(root, 'packages', library);
  /** @type {{ exports: Record<string, string | { types: string }> }} */
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  for (const [entry, target] of Object.entries(exports)) {
    if (typeof target === 'string') continue;
    const report = entry === '.' ? library : entry.slice(2);
    if (!isCurrent({ library, folder, report, entryPoint: join(folder, target.types) })) {
      differing += 1;
      console.error(`packages/${library}/api/${report}.api.md is not what ${entry} exports: pnpm api:write`);
    }
  }
}
rmSync(temporary, { recursive: true });
process.exitCode = differing === 0 ? 0 : 1;

/**
 * Compares one report, or writes it.
 * @param {{ library: string, folder: string, report: string, entryPoint: string }} entry
 */
function isCurrent({ library, folder, report, entryPoint }) {
  mkdirSync(join(folder, 'api'), { recursive: true });
  const existed = existsSync(join(folder, 'api', `${report}.api.md`));
  const config = ExtractorConfig.prepare({
    configObjectFullPath: join(folder, 'api-extractor.json'),
    packageJsonFullPath: join(folder, 'package.json'),
    configObject: {
      projectFolder: folder,
      newlineKind: 'lf',
      mainEntryPointFilePath: entryPoint,
      compiler: { tsconfigFilePath: join(folder, 'tsconfig.build.json') },
      apiReport: {
        enabled: true,
        reportFileName: `${report}.api.md`,
        reportFolder: join(folder, 'api'),
        reportTempFolder: join(temporary, library),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        // Docstrings are plain TypeScript comments, not TSDoc; what a package does not export is not part
        // of its API.
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  });
  const { succeeded, apiReportChanged } = Extractor.invoke(config, {
    localBuild: write,
    messageCallback(message) {
      message.handled = message.logLevel !== ExtractorLogLevel.Error;
    },
  });
  return write ? succeeded : succeeded && existed && !apiReportChanged;
}
