import type { ReactiveController, ReactiveControllerHost } from 'lit';

/**
 * Puts off what need not be in the first picture of an element: `isReached` is false until a frame with the rest of it has
 * been drawn, and the element is then updated once more.
 */
export class AfterFirstFrame implements ReactiveController {
  isReached = false;
  /** Fulfilled with it. */
  readonly reached: Promise<void>;
  #reach!: () => void;
  #isAwaited = false;

  constructor(private readonly host: ReactiveControllerHost) {
    host.addController(this);
    this.reached = new Promise((resolve) => (this.#reach = resolve));
  }

  /** Begins to wait, once; called where something has been left out. */
  await(): void {
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    requestAnimationFrame(() =>
      setTimeout(() => {
        this.isReached = true;
        this.host.requestUpdate();
        this.#reach();
      }),
    );
  }

  hostConnected(): void {}
}
