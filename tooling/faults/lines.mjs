// Lines of JSON over a socket. Node's readline would turn a broken connection into an error of its own.

/**
 * @template Message what the other end writes
 * @param {import('node:net').Socket} socket
 * @param {(message: Message) => void} take
 */
export function readLines(socket, take) {
  let rest = '';
  socket.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(JSON.parse(line));
  });
}
