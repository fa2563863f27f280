import type { LabelRecipe } from '../recipe/headRecipe';
import { exchangeResponses, shuffleResponses } from './madeTexts';
import { inputsOf } from '../../promptFile/inputsOf';
import { type LabelledRow } from './labelledRow';
import { readTarget, type TargetRecipe } from './readTarget';
import { Refusals } from './refusals';
import type { RatedText, RefusedRows } from './trainingData';

export interface RateParams {
  readonly rows: readonly LabelledRow[];
  readonly label: LabelRecipe;
  readonly objective: TargetRecipe;
  /** Of what is exchanged and shuffled. */
  readonly seed: number;
}

/** Rated texts with the rows that they are made of, and what could not be used. */
export interface RatedRows {
  readonly texts: readonly RatedText[];
  /** By text. */
  readonly sources: readonly LabelledRow[];
  readonly refused: readonly RefusedRows[];
}

/** The texts of rows with what an objective is to say of them. */
export function rateRows({ rows, label, objective, seed }: RateParams): RatedRows {
  const refusals = new Refusals();
  const made = {
    field: () => rateByField({ rows, label, objective, refusals }),
    chosen: () => rateChosen(rows, refusals),
    exchanged: () => exchangeResponses({ rows, leastWords: leastWordsOf(label), seed, refusals }),
    shuffled: () => shuffleResponses({ rows, leastWords: leastWordsOf(label), seed, refusals }),
  }[label.kind]();
  return {
    texts: made.map(({ text }) => text),
    sources: made.map(({ source }) => source),
    refused: refusals.list(),
  };
}

/** A text and the row that it is made of. */
export interface MadeText {
  readonly text: RatedText;
  readonly source: LabelledRow;
}

function leastWordsOf(label: LabelRecipe): number {
  return 'leastWords' in label ? label.leastWords : 1;
}

interface FieldParams extends Omit<RateParams, 'seed'> {
  readonly refusals: Refusals;
}

/** One number for one response, or a list of as many as there are. */
function rateByField({ rows, label, objective, refusals }: FieldParams): readonly MadeText[] {
  if (label.kind !== 'field') return [];
  return rows.flatMap((source) => {
    const { row, group, place } = source;
    const inputs = inputsOf(row);
    const value = source.fields.get(label.field);
    const values = Array.isArray(value) ? (value as readonly unknown[]) : inputs.length === 1 ? [value] : null;
    const isMissing = value === undefined || value === null;
    if (!isMissing && (values === null || values.length !== inputs.length)) {
      const found = values === null ? 'is one label' : `has ${values.length} labels`;
      refusals.add(
        `\`${label.field}\` ${found} for ${inputs.length === 1 ? 'one response' : 'several responses'}`,
        place,
      );
      return [];
    }
    if (isMissing || values === null) {
      refusals.add(`no \`${label.field}\``, place);
      return [];
    }
    return inputs.flatMap((input, index) => {
      const read = readTarget(values[index], label, objective);
      if ('reason' in read) {
        refusals.add(read.reason, place);
        return [];
      }
      const id = inputs.length === 1 ? row.id : `${row.id}/${index + 1}`;
      return [{ text: { id, input, target: read.target, group }, source }];
    });
  });
}

function rateChosen(rows: readonly LabelledRow[], refusals: Refusals): readonly MadeText[] {
  return rows.flatMap((source) => {
    const { row, group, place } = source;
    if (row.kind !== 'pair') {
      refusals.add('it is not a pair of a chosen and a rejected response', place);
      return [];
    }
    return [
      { text: { id: `${row.id}/chosen`, input: row.chosen, target: 1, group }, source },
      { text: { id: `${row.id}/rejected`, input: row.rejected, target: 0, group }, source },
    ];
  });
}
