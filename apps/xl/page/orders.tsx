/** The buttons: pause, continue, and abort, which asks first. */
import { useRef, useState } from 'preact/hooks';
import type { PageOrder } from '../src/run-page/view.js';
import { give } from './connection.js';

const names: Readonly<Record<PageOrder, string>> = { pause: 'Pause', go: 'Continue', abort: 'Abort …' };

export function Orders({ run, orders }: { run: string; orders: readonly PageOrder[] }) {
  const [answer, setAnswer] = useState<{ isTaken: boolean; message: string } | undefined>(undefined);
  const [isGiving, setGiving] = useState(false);
  const dialog = useRef<HTMLDialogElement>(null);
  const order = async (which: PageOrder) => {
    setGiving(true);
    setAnswer(await give(run, which));
    setGiving(false);
  };
  const press = (which: PageOrder) => {
    if (which === 'abort') dialog.current?.showModal();
    else void order(which);
  };
  return (
    <>
      {orders.length > 0 && (
        // Pause and continue are one button, so that whoever has pressed it is still on it.
        <div class="orders" role="group" aria-label="Orders">
          {orders.map((which) => (
            <button
              key={which === 'abort' ? 'abort' : 'pause'}
              class={which}
              type="button"
              aria-disabled={isGiving}
              onClick={() => {
                if (!isGiving) press(which);
              }}
            >
              {names[which]}
            </button>
          ))}
        </div>
      )}
      <p class={answer?.isTaken === false ? 'answer bad' : 'answer'} role="status">
        {answer?.message}
      </p>
      <dialog ref={dialog} aria-labelledby="abort-title" aria-describedby="abort-words">
        <h2 id="abort-title">Abort this run?</h2>
        <p id="abort-words">
          Running migrations are aborted, and what is still here stays. What has moved does not come back by
          itself.
        </p>
        <div class="orders">
          <button type="button" autofocus onClick={() => dialog.current?.close()}>
            Let it go on
          </button>
          <button
            type="button"
            class="abort"
            onClick={() => {
              dialog.current?.close();
              void order('abort');
            }}
          >
            Abort run {run}
          </button>
        </div>
      </dialog>
    </>
  );
}
