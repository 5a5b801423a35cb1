/** Starts the page. */
import { render } from 'preact';
import { type Connection, follow } from './connection.js';
import { Page } from './page.js';
import type { View } from '../src/run-page/view.js';

let view: View | undefined;
let connection: Connection = 'connecting';

function draw(): void {
  render(<Page view={view} connection={connection} />, document.body);
}

draw();
void follow(
  (now) => {
    view = now;
    draw();
  },
  (now) => {
    connection = now;
    draw();
  },
);
