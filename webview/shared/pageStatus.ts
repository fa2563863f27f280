import { html, nothing, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from 'lit';
import { sharedStrings } from './strings';

interface StatusText {
  readonly kind: 'done' | 'failed';
  readonly text: string;
}

/** How long a word stays, milliseconds. */
const shownFor = { done: 2000, failed: 8000 };

/** What a page asks of the extension, and a passing word about what became of it, in the corner of the page. */
export class PageStatus implements ReactiveController {
  #text: StatusText | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly host: ReactiveControllerHost) {
    host.addController(this);
  }

  hostDisconnected(): void {
    clearTimeout(this.#timer);
  }

  /** True when it worked; else the page says why not. `null`: there is nobody to ask. */
  async attempt(work: Promise<unknown> | null): Promise<boolean> {
    if (work === null) return false;
    try {
      await work;
      return true;
    } catch (error) {
      this.#tell({
        kind: 'failed',
        text: sharedStrings.failed(error instanceof Error ? error.message : String(error)),
      });
      return false;
    }
  }

  /** As `attempt`, and says that the text is on the clipboard. */
  async copy(work: Promise<unknown> | null): Promise<void> {
    if (await this.attempt(work)) this.done(sharedStrings.copied);
  }

  done(text: string): void {
    this.#tell({ kind: 'done', text });
  }

  render(): TemplateResult {
    return html`<div class="status" role=${this.#text?.kind === 'failed' ? 'alert' : 'status'}>
      ${this.#text === null ? nothing : html`<p>${this.#text.text}</p>`}
    </div>`;
  }

  #tell(text: StatusText): void {
    clearTimeout(this.#timer);
    this.#show(text);
    this.#timer = setTimeout(() => this.#show(null), shownFor[text.kind]);
  }

  #show(text: StatusText | null): void {
    this.#text = text;
    this.host.requestUpdate();
  }
}
