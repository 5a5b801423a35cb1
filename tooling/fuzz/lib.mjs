// The modules under test, as built. Cases get them as a parameter, so that a test can pass broken ones.
import * as configurationParser from '../../apps/xl/dist/configuration/parser.js';
import * as domainConfiguration from '../../apps/xl/dist/configuration/domain-configuration.js';
import * as configurationErrors from '../../apps/xl/dist/configuration/errors.js';
import * as statusJson from '../../apps/xl/dist/control/status-json.js';
import * as statusTable from '../../apps/xl/dist/control/status-table.js';
import * as statusWords from '../../apps/xl/dist/control/status-words.js';
import * as textOutput from '../../apps/xl/dist/output/text-output.js';
import * as html from '../../apps/xl/dist/report/html.js';
import * as reportModel from '../../apps/xl/dist/report/report-model.js';
import * as svg from '../../apps/xl/dist/report/svg.js';
import * as rows from '../../apps/xl/dist/stream/row.js';
import * as rowText from '../../apps/xl/dist/stream/row-text.js';
import * as recordJson from '../../apps/xl/dist/trace/record-json.js';
import * as recordText from '../../apps/xl/dist/trace/record-text.js';
import * as wasmConfiguration from '../../packages/hypervisor-wasm/dist/configuration.js';
import * as inspect from '../../packages/hypervisor-wasm/dist/guest/inspect.js';
import * as vcpuContext from '../../packages/hypervisor-wasm/dist/vcpu-context.js';
import * as domainLedger from '../../packages/hypervisor-xen/dist/domain/domain-ledger.js';
import * as domainRecord from '../../packages/hypervisor-xen/dist/record/domain-record.js';

/** @typedef {typeof import('./lib.mjs')} Lib */

export * as hypervisor from '@mig/hypervisor';
export * as posix from '@mig/posix';
export * as control from '@mig/hypervisor-wasm/control';
export * as handshake from '@mig/protocol/handshake';
export * as protocol from '@mig/protocol';
export * as operator from '@mig/operator/wire';
export * as helper from '@mig/protocol/save-helper';
export * as trace from '@mig/trace';
export * as receiver from '@mig/receiver';
export * as sender from '@mig/sender';
export * as steering from '@mig/operator';

/** The parts of `xl` under test. */
export const xl = {
  ...configurationParser,
  ...configurationErrors,
  ...domainConfiguration,
  ...statusJson,
  ...statusTable,
  ...statusWords,
  ...textOutput,
  ...html,
  ...reportModel,
  ...svg,
  ...rows,
  ...rowText,
  ...recordJson,
  ...recordText,
};
export const wasm = { ...wasmConfiguration, ...inspect, ...vcpuContext };
export const xen = { ...domainLedger, ...domainRecord };
