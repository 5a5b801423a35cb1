// Which package may import which: the table in docs/architecture.md. Any other import fails the build.
const mayImport = {
  errors: [],
  protocol: ['errors'],
  channel: ['errors'],
  posix: ['errors', 'channel'],
  hypervisor: ['errors', 'protocol', 'channel', 'posix'],
  sender: ['errors', 'protocol', 'channel', 'hypervisor', 'posix'],
  receiver: ['errors', 'protocol', 'channel', 'hypervisor', 'posix'],
  trace: ['errors', 'protocol'],
  fleet: [],
  'fleet-bullmq': ['errors', 'fleet'],
  operator: ['errors', 'protocol', 'channel', 'hypervisor', 'posix', 'sender'],
  'hypervisor-wasm': ['errors', 'protocol', 'channel', 'hypervisor', 'posix', 'sender', 'receiver'],
  'hypervisor-xen': ['errors', 'protocol', 'channel', 'hypervisor', 'posix', 'sender', 'receiver'],
};

const houseRules = Object.entries(mayImport).map(([from, allowed]) => ({
  name: `${from}-imports`,
  comment: `${from} may import ${allowed.join(', ') || 'nothing of ours'}`,
  severity: 'error',
  from: { path: `^packages/${from}/` },
  to: { path: '^(packages|apps)/', pathNot: `^packages/(${[from, ...allowed].join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...houseRules,
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'formats-are-pure',
      comment: 'no files, sockets or clocks in @mig/protocol, @mig/trace and @mig/fleet',
      severity: 'error',
      from: { path: '^packages/(protocol|trace|fleet)/src/', pathNot: '\\.test(-support)?\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'one-place-for-ffi',
      severity: 'error',
      from: { pathNot: '^packages/(posix|hypervisor-xen)/' },
      to: { path: 'koffi' },
    },
    {
      name: 'core-without-ffi',
      comment:
        'whoever imports the ports, a sender or a receiver loads no foreign function; tests and the cases may',
      severity: 'error',
      from: {
        path: '^packages/(channel|hypervisor|sender|receiver)/src/',
        pathNot: '^packages/hypervisor/src/cases/|\\.test(-support)?\\.ts$',
      },
      to: { path: '^packages/posix/' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    // Other packages are seen as what they export: their dist/, where it ends.
    doNotFollow: { path: 'node_modules|/dist/' },
    exclude: { path: '/guests/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};
