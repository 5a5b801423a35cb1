/** The configuration of a guest that rewrites and checks its memory, as libxl JSON. */
export const guest = JSON.stringify({
  c_info: { type: 'wasm', name: 'busy' },
  b_info: { max_memkb: 65536, kernel: 'wss', cmdline: 'pages=2000 rate=20000' },
});
