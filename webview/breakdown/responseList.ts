import { css, html, LitElement, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import { formatNumber } from '../shared/formatNumber';
import { icon, warningIcon } from '../shared/icon';
import { pageStyles } from '../shared/pageStyles';
import { mostCompared, rankResponses, type NamedResponse } from './comparison';
import { strings } from './strings';

/** Indices of the responses to compare. */
export type CompareEvent = CustomEvent<{ readonly chosen: ReadonlySet<number> }>;

const cellWidth = 7;
const stripHeight = 18;
const mostExcerpt = 240;

/**
 * All responses of a list, the best first: rank, score, the profile of their objectives, and how their text begins. Those
 * that are ticked are compared below; emits `ald-compare`.
 *
 * One tab stop: up and down, Home and End move between the responses, Space ticks.
 */
export class AldResponseList extends LitElement {
  static override properties = {
    responses: { attribute: false },
    chosen: { attribute: false },
    active: { state: true },
    isFull: { state: true },
  };

  static override styles = [
    pageStyles,
    css`
      .note {
        color: var(--vscode-descriptionForeground);
        margin-block-end: 6px;
      }
      tbody tr:hover {
        background: var(--vscode-list-hoverBackground);
      }
      tbody tr.chosen {
        background: var(--vscode-list-inactiveSelectionBackground);
      }
      th.tick,
      td.tick {
        width: 24px;
        padding-inline: 4px;
      }
      input {
        margin: 0;
        vertical-align: middle;
        accent-color: var(--vscode-focusBorder);
      }
      td.score {
        width: 7em;
      }
      td.text,
      th.text {
        width: 100%;
        max-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        color: var(--vscode-descriptionForeground);
      }
      label {
        cursor: pointer;
      }
      svg {
        display: block;
      }
      .ground {
        fill: color-mix(in srgb, var(--vscode-foreground) 8%, transparent);
      }
      .level {
        fill: var(--vscode-charts-blue);
      }
      .problem {
        color: var(--vscode-descriptionForeground);
        min-height: 1.45em;
      }
      @media (forced-colors: active) {
        .level {
          fill: CanvasText;
        }
      }
    `,
  ];

  responses: readonly NamedResponse[] = [];
  chosen: ReadonlySet<number> = new Set();
  /** Place in the ranking of the response that holds the tab stop. */
  private active = 0;
  private isFull = false;

  protected override render(): TemplateResult {
    const ranked = rankResponses(this.responses);
    const hasProfile = 1 < (ranked[0]?.text.objectives.length ?? 0);
    return html`<h2>${strings.responses}</h2>
      <p class="note">${strings.responsesNote}</p>
      <div class="scroll">
        <table @keydown=${this.keydown}>
          <caption class="hidden">
            ${strings.responses}
          </caption>
          <thead>
            <tr>
              <th class="tick" scope="col"><span class="hidden">${strings.compare}</span></th>
              <th class="value" scope="col">${strings.rank}</th>
              <th scope="col">${strings.response}</th>
              <th class="value" scope="col">${strings.score}</th>
              ${hasProfile ? html`<th scope="col" title=${strings.profileHint}>${strings.profile}</th>` : nothing}
              <th class="value" scope="col">${strings.tokensColumn}</th>
              <th class="text" scope="col">${strings.text}</th>
            </tr>
          </thead>
          <tbody>
            ${ranked.map((response, place) => this.renderRow(response, place, ranked, hasProfile))}
          </tbody>
        </table>
      </div>
      <p class="problem" role="status">${this.isFull ? strings.mostCompared(mostCompared) : nothing}</p>`;
  }

  private renderRow(
    response: NamedResponse,
    place: number,
    ranked: readonly NamedResponse[],
    hasProfile: boolean,
  ): TemplateResult {
    const { name, index, text } = response;
    const isChosen = this.chosen.has(index);
    const rank = 1 + ranked.filter((other) => text.score < other.text.score).length;
    const excerpt = excerptOf(response);
    return html`<tr class=${isChosen ? 'chosen' : ''}>
      <td class="tick">
        <input
          type="checkbox"
          id="response-${index}"
          data-place=${place}
          tabindex=${place === Math.min(this.active, ranked.length - 1) ? 0 : -1}
          aria-label=${strings.compareThis(name)}
          .checked=${isChosen}
          @change=${(event: Event) => this.toggle(index, event.target as HTMLInputElement)}
          @focus=${() => (this.active = place)}
        />
      </td>
      <td class="value">${rank}</td>
      <th scope="row">
        <label for="response-${index}"><bdi>${name}</bdi></label>
      </th>
      <td class="value score" title=${strings.scoreHint(String(text.score))}>${formatNumber(text.score)}</td>
      ${hasProfile ? html`<td>${renderProfile(response, ranked)}</td>` : nothing}
      <td class="value" title=${strings.tokens(text.tokens)}>
        ${
          text.truncated
            ? html`<span class="flag" title=${strings.truncatedHint}>${icon(warningIcon)}${text.responseTokens}</span>`
            : text.responseTokens
        }
      </td>
      <td class="text" title=${excerpt}><bdi>${excerpt}</bdi></td>
    </tr>`;
  }

  private toggle(index: number, box: HTMLInputElement): void {
    const chosen = new Set(this.chosen);
    if (!box.checked) chosen.delete(index);
    else chosen.add(index);
    this.isFull = mostCompared < chosen.size;
    // Something has to be shown, and no more than can be told apart.
    if (chosen.size === 0 || this.isFull) {
      box.checked = this.chosen.has(index);
      return;
    }
    this.dispatchEvent(new CustomEvent('ald-compare', { detail: { chosen }, bubbles: true, composed: true }));
  }

  private keydown(event: KeyboardEvent): void {
    const last = this.responses.length - 1;
    const next = { ArrowDown: this.active + 1, ArrowUp: this.active - 1, Home: 0, End: last }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    this.active = Math.max(0, Math.min(last, next));
    this.renderRoot.querySelector<HTMLElement>(`[data-place="${this.active}"]`)?.focus();
  }
}

/** How high each reward is among the same rewards of all responses. */
function renderProfile({ text }: NamedResponse, all: readonly NamedResponse[]): TemplateResult {
  const highest: string[] = [];
  const lowest: string[] = [];
  const cells = text.objectives.map(({ name, reward }, index) => {
    const rewards = all.map((other) => other.text.objectives[index].reward);
    const [low, high] = [Math.min(...rewards), Math.max(...rewards)];
    if (low < high && reward === high) highest.push(name);
    if (low < high && reward === low) lowest.push(name);
    const level = low < high ? (reward - low) / (high - low) : 0.5;
    const rank = 1 + rewards.filter((other) => reward < other).length;
    return profileCell(index, level, strings.profileCell(name, formatNumber(reward), rank, rewards.length));
  });
  const width = cells.length * cellWidth;
  return html`<svg
    width=${width}
    height=${stripHeight}
    role="img"
    aria-label=${strings.profileWords(highest.join(', '), lowest.join(', '))}
  >
    ${cells}
  </svg>`;
}

function profileCell(index: number, level: number, title: string): SVGTemplateResult {
  const x = index * cellWidth;
  // The lowest is still seen to be there.
  const height = 2 + (stripHeight - 2) * level;
  return svg`<g><title>${title}</title>
    <rect class="ground" x=${x} y="0" width=${cellWidth - 1} height=${stripHeight}></rect>
    <rect class="level" x=${x} y=${stripHeight - height} width=${cellWidth - 1} height=${height}></rect></g>`;
}

function excerptOf({ text: { text, responseSpan } }: NamedResponse): string {
  const response =
    responseSpan === undefined ? text.slice(-mostExcerpt) : text.slice(responseSpan.start, responseSpan.end);
  return response.slice(0, mostExcerpt).replace(/\s+/g, ' ').trim();
}

customElements.define('ald-response-list', AldResponseList);
