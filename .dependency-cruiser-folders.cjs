// No two folders of the product import each other. Tests may import from anywhere, and are left out, which only a run of its own can.
const { options } = require('./.dependency-cruiser.cjs');

module.exports = {
  forbidden: [
    { name: 'folders-in-layers', severity: 'error', scope: 'folder', from: {}, to: { circular: true } },
  ],
  options: { ...options, exclude: { path: `${options.exclude.path}|\\.test(-support)?\\.ts$` } },
};
