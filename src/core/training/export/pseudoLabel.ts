import type { ConversionRecord, Exchange, Reply } from '../../convert/conversionRecord';
import { RowProblem } from '../../promptFile/rowProblem';

/** What came of labelling rows by their scores. */
export interface PseudoLabelCounts {
  readonly kept: number;
  /** Of the kept ones that had an order: turned round, because the other reply was judged better. */
  readonly swapped: number;
  /** Not certain enough. */
  readonly uncertain: number;
  /** Both replies have the same score. */
  readonly ties: number;
}

export interface PseudoLabelParams {
  /** Pairs are kept above this confidence; null: all of them. */
  readonly threshold: number | null;
  /** Whether the format has a place for the margin and the confidence. */
  readonly hasMargins: boolean;
}

/**
 * Pairs as a reward model sees them: of the scored replies of a row the best and the worst, in this order whatever the
 * file says. With p = σ(score₁ − score₂) the confidence is max(p, 1 − p) (Bradley–Terry; SSRM, He et al. 2024,
 * arXiv:2409.06903, which leaves pairs with p < .5 in the order of the file; they are turned round here).
 */
export class PseudoLabeller {
  readonly #params: PseudoLabelParams;
  #kept = 0;
  #swapped = 0;
  #uncertain = 0;
  #ties = 0;

  constructor(params: PseudoLabelParams) {
    this.#params = params;
  }

  get counts(): PseudoLabelCounts {
    return { kept: this.#kept, swapped: this.#swapped, uncertain: this.#uncertain, ties: this.#ties };
  }

  /** @throws RowProblem for a row without two scored replies, a tie, and a pair that is not certain enough. */
  label(record: ConversionRecord): ConversionRecord {
    const { threshold, hasMargins } = this.#params;
    const { body, replies } = scoredReplies(record);
    const sorted = [...replies].sort((a, b) => b.score - a.score);
    const [best, worst] = [sorted[0], sorted[sorted.length - 1]];
    const margin = best.score - worst.score;
    if (margin === 0) {
      this.#ties += 1;
      throw new RowProblem('its replies have the same score: neither is better');
    }
    const confidence = 1 / (1 + Math.exp(-margin));
    if (threshold !== null && confidence <= threshold) {
      this.#uncertain += 1;
      throw new RowProblem(`the confidence ${confidence.toFixed(3)} is not above ${threshold}`);
    }
    const isSwapped = best.label === false && worst.label === true;
    this.#kept += 1;
    if (isSwapped) this.#swapped += 1;
    const written = ({ reply }: ScoredReply, label: boolean): Reply => ({
      ...reply,
      label,
      score: hasMargins ? reply.score : null,
    });
    return {
      ...record,
      body: { ...body, replies: [written(best, true), written(worst, false)] },
      margin: hasMargins ? margin : null,
      fields: hasMargins ? { ...record.fields, confidence, swapped: isSwapped } : record.fields,
    };
  }
}

interface ScoredReply {
  readonly reply: Reply;
  readonly score: number;
  readonly label: boolean | null;
}

function scoredReplies({ body }: ConversionRecord): { readonly body: Exchange; readonly replies: ScoredReply[] } {
  if (body.kind !== 'exchange') throw new RowProblem('it has no replies to compare');
  const replies = body.replies.flatMap((reply) =>
    reply.score === null ? [] : [{ reply, score: reply.score, label: reply.label }],
  );
  if (replies.length < 2) throw new RowProblem('it has one reply, and a pair needs two');
  return { body, replies };
}
