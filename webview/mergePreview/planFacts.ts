import { html, nothing, type TemplateResult } from 'lit';
import { describeBytes, describeDuration } from '../../src/core/describeQuantity';
import type { DroppedView, StageView } from '../../src/protocol/mergePreviewView';
import { icon, warningIcon } from '../shared/icon';
import { sentenceOf } from './planHeader';
import { strings } from './strings';

/** What the merge takes and makes, and what of the sources does not come into it. */
export function renderPlanFacts(stage: StageView, freeBytes: number | null): TemplateResult {
  const { bytes, files, tensors, peakBytes, readBytes, seconds, dropped } = stage;
  return html`<dl class="facts">
      <div>
        <dt>${strings.size}</dt>
        <dd class="big" title=${strings.sizeHint(String(bytes), files, tensors)}>${describeBytes(bytes)}</dd>
        <dd class="quiet">${strings.files(files)}</dd>
      </div>
      <div>
        <dt>${strings.memory}</dt>
        <dd class="big" title=${strings.memoryHint(String(peakBytes))}>${describeBytes(peakBytes)}</dd>
      </div>
      <div>
        <dt>${strings.reads}</dt>
        <dd class="big" title=${strings.readsHint(String(readBytes))}>${describeBytes(readBytes)}</dd>
      </div>
      <div>
        <dt>${strings.time}</dt>
        <dd class="big" title=${strings.timeHint}>
          ${seconds < 1 ? strings.underASecond : strings.about(describeDuration(seconds))}
        </dd>
      </div>
      ${
        freeBytes === null
          ? nothing
          : html`<div>
              <dt>${strings.free}</dt>
              <dd class="big" title=${strings.freeHint(String(freeBytes))}>${describeBytes(freeBytes)}</dd>
              ${freeBytes < bytes ? html`<dd class="flag">${icon(warningIcon)}${strings.tooLarge}</dd>` : nothing}
            </div>`
      }
    </dl>
    ${dropped.length === 0 ? nothing : renderDropped(dropped, stage)}`;
}

function renderDropped(dropped: readonly DroppedView[], { models }: StageView): TemplateResult {
  const count = dropped.reduce((sum, part) => sum + part.count, 0);
  return html`<details class="dropped">
    <summary>${icon(warningIcon)}<span>${strings.dropped(count)}</span></summary>
    <ul>
      ${dropped.map(
        ({ model, reason, count: many, names }) =>
          html`<li>
            <span>${strings.droppedTensors(many, models[model]?.name ?? '')}: ${sentenceOf(reason)}</span>
            ${names.map((name) => html`<span class="mono quiet">${name}</span>`)}
            ${names.length < many ? html`<span class="quiet">${strings.more(many - names.length)}</span>` : nothing}
          </li>`,
      )}
    </ul>
  </details>`;
}
