import type { Message } from './message';

/** One text that a reward model can be given. */
export type ScorableInput =
  | { readonly kind: 'messages'; readonly messages: readonly Message[] }
  /** Already templated: encoded without adding special tokens. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'ids'; readonly ids: readonly number[] };

/** One row of a data file, in one form whatever its spelling. */
export type ScorableRow =
  | { readonly kind: 'single'; readonly id: string; readonly input: ScorableInput }
  | {
      readonly kind: 'pair';
      readonly id: string;
      readonly chosen: ScorableInput;
      readonly rejected: ScorableInput;
    }
  | { readonly kind: 'list'; readonly id: string; readonly responses: readonly ScorableInput[] };
