import type { JobContext } from '../../core/jobContext';
import { countInputCharacters } from '../../core/promptFile/countCharacters';
import type { ScorableInput } from '../../core/promptFile/scorableRow';
import type { FeaturePlace } from '../../core/training/featureMatrix';
import type { DecoderSession } from '../onnx/decoderSession';
import { readStates } from '../reward/readStates';
import type { StateReference } from './featureRecords';
import type { FeatureStore, MadeText } from './featureStore';
import type { FeatureText } from './featureTexts';

/** A text under its name in a store. */
export type KeyedText = readonly [key: string, input: ScorableInput];

/** Texts that are computed together and then noted: enough to fill runs, and about what a kill can cost. */
const mostTexts = 64;
const mostCharacters = 16_000;

/** Texts in their order, in windows that depend on the texts alone. */
export function* cutWindows(texts: Iterable<KeyedText>): Generator<readonly KeyedText[]> {
  let window: KeyedText[] = [];
  let characters = 0;
  for (const text of texts) {
    window.push(text);
    characters += countInputCharacters(text[1]);
    if (window.length < mostTexts && characters < mostCharacters) continue;
    yield window;
    [window, characters] = [[], 0];
  }
  if (0 < window.length) yield window;
}

export interface WindowParams {
  readonly session: DecoderSession;
  readonly store: Pick<FeatureStore, 'missingPlaces' | 'findPrompt'>;
  readonly texts: readonly (FeatureText & { readonly key: string })[];
}

export interface MadeWindow {
  readonly made: readonly MadeText[];
  /** Keys of texts whose states are not finite numbers. */
  readonly broken: readonly string[];
}

/** What is wanted of a text, and which of it the model has to be asked for. */
interface PlannedText {
  readonly text: FeatureText & { readonly key: string };
  readonly missing: readonly FeaturePlace[];
  readonly computed: readonly FeaturePlace[];
}

/**
 * Makes the states that a store does not have of the texts of a window. The session forgets what it has seen before, so
 * that states do not depend on it, not even in the last bit.
 * @throws AlidadeError `cancelled`, `device`.
 */
export async function makeWindow({ session, store, texts }: WindowParams, context: JobContext): Promise<MadeWindow> {
  const gates = new Map<string, Float32Array | StateReference>();
  const planned = texts.map((text): PlannedText => {
    const missing = store.missingPlaces(text.key);
    if (text.promptKey === null || !missing.includes('gate')) return { text, missing, computed: missing };
    const known = store.findPrompt(text.promptKey, context);
    if (known === null) return { text, missing, computed: missing };
    gates.set(text.promptKey, known);
    return { text, missing, computed: missing.filter((place) => place !== 'gate') };
  });
  const asked = planned.filter(({ computed }) => 0 < computed.length);
  await session.forget();
  const states = await readStates(
    {
      session,
      texts: asked.map(({ text, computed }) => ({
        ids: text.ids,
        places: computed.map((place) => text.positions[place]),
      })),
      atOnce: session.chunkLength,
    },
    { ...context, progress: () => undefined },
  );
  const statesOf = new Map(asked.map((plan, index) => [plan, states[index]]));
  const made: MadeText[] = [];
  const broken: string[] = [];
  for (const plan of planned) {
    const { text, missing, computed } = plan;
    if (missing.length === 0) continue;
    const values = statesOf.get(plan) ?? [];
    if (!values.every((state) => state.every(Number.isFinite))) {
      broken.push(text.key);
      continue;
    }
    const found: Partial<Record<FeaturePlace, Float32Array | StateReference>> = {};
    computed.forEach((place, index) => (found[place] = Float32Array.from(values[index])));
    if (text.promptKey !== null && missing.includes('gate')) found.gate = gateOf(gates, text.promptKey, found.gate);
    made.push({ key: text.key, promptKey: text.promptKey, responseTokens: text.responseTokens, states: found });
  }
  return { made, broken };
}

/** One state for all replies to a prompt: the first that was made. */
function gateOf<State>(gates: Map<string, State>, promptKey: string, own: State | undefined): State {
  const state = gates.get(promptKey) ?? own;
  if (state === undefined) throw new Error('the state of a gate was neither known nor made');
  gates.set(promptKey, state);
  return state;
}
