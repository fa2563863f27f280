import type { TextDocument } from 'vscode';
import { LengthBias } from '../../core/labels/lengthBias';
import type { PairFingerprint } from '../../core/labels/nearDuplicates';
import { DuplicateFinder, fingerprintPair } from '../../core/labels/nearDuplicates';
import { readPairTexts } from '../../core/labels/pairTexts';
import { isReviewed } from '../../core/labels/rowEdits';
import { contradicts } from '../../core/labels/rowVerdict';
import type { DocumentRow } from '../promptFile/documentRow';
import type { LabelFinding, LabelFindings } from './labelFinding';
import type { LabelScores } from './labelScores';

export interface FindLabelsParams {
  readonly document: TextDocument;
  /** Null for a blank line. */
  readonly rows: Iterable<DocumentRow | null>;
  /** The rows are all of the file: duplicates and length bias are looked for. */
  readonly isWholeFile: boolean;
  readonly scores: LabelScores;
  /** A contradiction by less is none. */
  readonly margin: number;
}

/** What is worked out once for a text, wherever its row moves. */
interface PairFacts {
  readonly fingerprint: PairFingerprint;
  readonly chosenLength: number;
  readonly rejectedLength: number;
}

/** Milliseconds of work without a break: the extension host also answers what is typed. */
const sliceLength = 8;

/** Looks for what is wrong in the rows of a document. Keeps what it has worked out for a text. */
export class LabelFinder {
  readonly #pairs = new WeakMap<object, PairFacts>();
  readonly #identical = new WeakMap<object, boolean>();
  readonly #reviewed = new WeakMap<object, boolean>();

  /** In short slices. @returns null when the document has changed meanwhile, or the signal was given. */
  async find(params: FindLabelsParams, signal: AbortSignal): Promise<LabelFindings | null> {
    const { document, rows, scores, isWholeFile } = params;
    const { version } = document;
    const list: LabelFinding[] = [];
    const margins: number[] = [];
    const whole = isWholeFile ? new WholeFile() : null;
    let [count, scored, sliceStart] = [0, 0, performance.now()];
    for (const row of rows) {
      if (sliceLength <= performance.now() - sliceStart) {
        await new Promise<void>((resolve) => setImmediate(resolve));
        if (signal.aborted || document.version !== version) return null;
        sliceStart = performance.now();
      }
      if (row === null) continue;
      if (row.data.row !== null) count += 1;
      const verdict = scores.verdict(row);
      if (verdict !== null) scored += 1;
      if (verdict?.kind === 'pair') margins.push(Math.abs(verdict.margin));
      list.push(...this.#inspect(row, params));
      const repeated = whole === null ? null : this.#compare(row, whole, params);
      if (repeated !== null) list.push(repeated);
    }
    return { list, bias: whole?.bias.summary() ?? null, typicalMargin: medianOf(margins), rows: count, scored };
  }

  /** What can be said of a row by itself. */
  #inspect(row: DocumentRow, { document, scores, margin }: FindLabelsParams): readonly LabelFinding[] {
    const { error } = row.data;
    if (error !== null) return [{ kind: 'unreadable', row, message: error.message }];
    const verdict = scores.verdict(row);
    const findings: LabelFinding[] = [];
    if (verdict?.kind === 'failed') findings.push({ kind: 'unscorable', row, error: verdict.error });
    else if (verdict !== null && verdict.truncated) findings.push({ kind: 'truncated', row });
    if (this.#isIdentical(row)) findings.push({ kind: 'identical', row });
    if (verdict?.kind === 'pair' && contradicts(verdict, margin)) findings.push({ kind: 'contradicted', row, verdict });
    return findings.length === 0 || this.#isReviewed(document, row) ? [] : findings;
  }

  /** Every pair counts; what is said of one depends on what stands before it. */
  #compare(row: DocumentRow, whole: WholeFile, { document, scores }: FindLabelsParams): LabelFinding | null {
    const facts = this.#pairFacts(row);
    if (facts === null) return null;
    const verdict = scores.verdict(row);
    whole.bias.add({
      chosen: facts.chosenLength,
      rejected: facts.rejectedLength,
      margin: verdict?.kind === 'pair' ? verdict.margin : null,
    });
    const match = whole.duplicates.add(facts.fingerprint);
    whole.pairs.push(row);
    const other = match === null ? undefined : whole.pairs[match.index];
    if (match === null || other === undefined || this.#isReviewed(document, row)) return null;
    const { similarity, isSwapped } = match;
    const isExact = similarity === 1 && isSameText(row, other, isSwapped);
    return { kind: isSwapped ? 'opposite' : 'duplicate', row, other, similarity, isExact };
  }

  #pairFacts({ data, identity }: DocumentRow): PairFacts | null {
    const known = this.#pairs.get(identity);
    if (known !== undefined) return known;
    const texts = data.row === null ? null : readPairTexts(data.row);
    if (texts === null) return null;
    const facts = {
      fingerprint: fingerprintPair(texts),
      chosenLength: texts.chosen.length,
      rejectedLength: texts.rejected.length,
    };
    this.#pairs.set(identity, facts);
    return facts;
  }

  #isIdentical({ data, identity }: DocumentRow): boolean {
    const known = this.#identical.get(identity);
    if (known !== undefined) return known;
    const texts = data.row === null ? null : readPairTexts(data.row);
    const isIdentical = texts !== null && texts.chosen.trim() === texts.rejected.trim();
    this.#identical.set(identity, isIdentical);
    return isIdentical;
  }

  #isReviewed(document: TextDocument, { range, identity }: DocumentRow): boolean {
    const known = this.#reviewed.get(identity);
    if (known !== undefined) return known;
    const reviewed = isReviewed(document.getText(range));
    this.#reviewed.set(identity, reviewed);
    return reviewed;
  }
}

function isSameText(a: DocumentRow, b: DocumentRow, isSwapped: boolean): boolean {
  const [first, second] = [a, b].map(({ data }) => (data.row === null ? null : readPairTexts(data.row)));
  if (first === null || second === null || first === undefined || second === undefined) return false;
  const replies = isSwapped ? [second.rejected, second.chosen] : [second.chosen, second.rejected];
  return first.prompt === second.prompt && first.chosen === replies[0] && first.rejected === replies[1];
}

function medianOf(values: readonly number[]): number | null {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? null;
}

/** What is gathered over a file. */
class WholeFile {
  readonly duplicates = new DuplicateFinder();
  readonly bias = new LengthBias();
  /** In the order in which they were given to `duplicates`. */
  readonly pairs: DocumentRow[] = [];
}
