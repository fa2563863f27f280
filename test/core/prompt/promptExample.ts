/** A prompt file as people write them, with what it needs to be rendered. */
export interface PromptExample {
  readonly path: string;
  readonly text: string;
  readonly values?: Readonly<Record<string, unknown>>;
  readonly files?: Readonly<Record<string, string>>;
}
