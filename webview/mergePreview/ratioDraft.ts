import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { PlanView } from '../../src/protocol/mergePreviewView';

export interface RatioDraftParams {
  readonly tryRatios: (ratios: readonly number[]) => Promise<PlanView | null>;
  /** True when it was written. */
  readonly write: (ratios: readonly number[]) => Promise<boolean>;
}

/**
 * Ratios that the sliders have been moved to and the recipe does not say yet, with the plan that they would make. One
 * question to the extension is on its way at a time; what was asked meanwhile is asked next, the newest only.
 */
export class RatioDraft implements ReactiveController {
  #ratios: readonly number[] | null = null;
  #plan: PlanView | null = null;
  /** Asked for and not answered. */
  #isAsking = false;
  #next: readonly number[] | null = null;
  /** The sliders have been let go: the recipe is to say the same soon. */
  #isWritten = false;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly params: RatioDraftParams,
  ) {
    host.addController(this);
  }

  hostConnected(): void {}

  /** null: those of the recipe. */
  get ratios(): readonly number[] | null {
    return this.#ratios;
  }

  /** null: that of the recipe. */
  get plan(): PlanView | null {
    return this.#plan;
  }

  move(ratios: readonly number[], moving: boolean): void {
    this.#ratios = ratios;
    this.#isWritten = !moving;
    this.host.requestUpdate();
    void this.#ask(ratios);
    if (!moving) void this.#write(ratios);
  }

  /** The recipe has another plan: once it says what was written, or something else since, it counts. */
  follow(plan: PlanView | null): void {
    if (!this.#isWritten) return;
    const blocks = plan?.sliders?.blocks ?? [];
    const says = (ratio: number, index: number): boolean => blocks[index]?.ratio === ratio;
    if (this.#ratios?.length === blocks.length && this.#ratios.every(says)) this.forget();
  }

  forget(): void {
    [this.#ratios, this.#plan, this.#next, this.#isWritten] = [null, null, null, false];
    this.host.requestUpdate();
  }

  async #ask(ratios: readonly number[]): Promise<void> {
    this.#next = ratios;
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      for (let asked = this.#take(); asked !== null; asked = this.#take()) {
        const plan = await this.params.tryRatios(asked).catch(() => null);
        // The sliders may be the recipe's again by now.
        if (this.#ratios === null) continue;
        this.#plan = plan;
        this.host.requestUpdate();
      }
    } finally {
      this.#isAsking = false;
    }
  }

  #take(): readonly number[] | null {
    const next = this.#next;
    this.#next = null;
    return next;
  }

  async #write(ratios: readonly number[]): Promise<void> {
    const isDone = await this.params.write(ratios);
    // What could not be written is not shown either.
    if (!isDone && this.#ratios === ratios) this.forget();
  }
}
